//! Two units.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "1h30m")]
    level: u8,
}

fn main() {}

//~ `"1h30m"`: expiry, one unit, 1h30m, 90m
//~ fix: "90m"
