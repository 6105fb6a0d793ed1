//! A struct without the derive is no device.
use edge_runtime::Platform;

#[derive(Clone)]
struct Lamp {
    level: u8,
}

pub fn run(platform: Platform) {
    drop(platform.device("L-1", Lamp { level: 5 }));
}

fn main() {}

//~ `Lamp { level: 5 }`: Lamp
//~ replace: #[derive(Clone)] => #[derive(edge_runtime::Device, Clone)]
//~ replace: level: u8 => #[asset(kind = "sensor")]↵    level: u8
