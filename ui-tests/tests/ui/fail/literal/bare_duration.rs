//! A duration without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = 7d)]
    level: u8,
}

fn main() {}

//~ `7d`: expiry, quotes, 7d
//~ fix: "7d"
