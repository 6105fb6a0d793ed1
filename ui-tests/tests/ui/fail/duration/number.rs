//! A number without a unit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = 7)]
    level: u8,
}

fn main() {}

//~ `7`: expiry, unit, found an integer, ms, s, m, h, d
//~ fix: "90s"
