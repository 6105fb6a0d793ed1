//! A number without a unit, in quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "7")]
    level: u8,
}

fn main() {}

//~ `"7"`: expiry, unit, found `7`, ms
//~ fix: "90s"
