//! A key with a hyphen.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(stale-after = "5s")]
    level: u8,
}

fn main() {}

//~ `stale-after`: hyphen, stale_after
//~ fix: stale_after
