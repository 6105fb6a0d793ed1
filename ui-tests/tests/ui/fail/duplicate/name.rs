//! One name for two assets.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "level")]
    a: u8,
    #[asset(name = "level")]
    b: u8,
}

fn main() {}

//~ `"level"`: level
//~ `"level"`: level
//~ fix: "brightness"
