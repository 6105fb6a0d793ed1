//! What others call it.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(stale = "10m")]
    level: u8,
}

fn main() {}

//~ `stale`: unknown, stale_after
//~ fix: stale_after
