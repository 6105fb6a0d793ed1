//! What is deprecated is used.
#![deny(deprecated)]
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[deprecated = "use `brightness`"]
    #[asset]
    level: u8,
    #[asset]
    brightness: u8,
}

async fn run(lamp: LampDevice) {
    lamp.set_level(5).await.unwrap();
}

fn main() {}

//~ `set_level`: deprecated, use `brightness`
//~ fix: set_brightness
