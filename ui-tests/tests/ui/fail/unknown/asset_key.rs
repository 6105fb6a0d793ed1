//! A typing mistake in a key.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(knd = "sensor")]
    level: u8,
}

fn main() {}

//~ `knd`: unknown, knd, kind
//~ fix: kind
