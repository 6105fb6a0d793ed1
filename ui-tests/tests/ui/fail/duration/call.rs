//! A duration that only the program can make.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = Duration::from_secs(5))]
    level: u8,
}

fn main() {}

//~ `Duration::from_secs(5)`: expiry, quotes, found a call, ms
//~ fix: "90s"
