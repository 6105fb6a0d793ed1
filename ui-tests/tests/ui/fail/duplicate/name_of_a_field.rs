//! A given name that is the name of another field.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(name = "Level")]
    brightness: u8,
}

fn main() {}

//~ `level`: level
//~ `"Level"`: Level, level
//~ fix: "brightness"
