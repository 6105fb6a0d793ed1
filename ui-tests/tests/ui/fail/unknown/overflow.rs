//! An overflow policy with an underscore.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(overflow = "drop_oldest")]
    level: u8,
}

fn main() {}

//~ `"drop_oldest"`: unknown, overflow policy, drop-oldest, wait, latest
//~ fix: "drop-oldest"
