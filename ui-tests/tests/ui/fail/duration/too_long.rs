//! A duration of more than a century.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "99999d")]
    level: u8,
}

fn main() {}

//~ `"99999d"`: expiry, 99999d, 36500d
//~ fix: "36500d"
