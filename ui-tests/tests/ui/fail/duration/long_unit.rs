//! A unit in a word.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "7 days")]
    level: u8,
}

fn main() {}

//~ `"7 days"`: expiry, unit, 7 days, 7d
//~ fix: "7d"
