//! The attribute again, inside of itself.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(asset(kind = "sensor"))]
    level: u8,
}

fn main() {}

//~ `asset`: by themselves, kind
//~ replace: asset(asset(kind = "sensor")) => asset(kind = "sensor")
