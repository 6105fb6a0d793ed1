//! A duration of nothing.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "0s")]
    level: u8,
}

fn main() {}

//~ `"0s"`: expiry, 0s, longer than 0
//~ fix: "1s"
