//! A type that is no value.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator")]
    colour: Rgb,
}

#[derive(Clone)]
struct Rgb(u8, u8, u8);

fn main() {}

//~ `Rgb`: Rgb
