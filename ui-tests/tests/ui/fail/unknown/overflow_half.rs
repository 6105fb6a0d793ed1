//! An overflow policy that may be either of two.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(overflow = "drop")]
    level: u8,
}

fn main() {}

//~ `"drop"`: unknown, overflow policy, drop-oldest, drop-newest
//~ fix: "drop-oldest"
