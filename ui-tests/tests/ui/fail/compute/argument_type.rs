//! The function takes something else: rustc says so, at the argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = twice(b))]
    a: u8,
    #[asset]
    b: f32,
}

fn twice(b: u8) -> u8 {
    b * 2
}

fn main() {}

//~ `b`: mismatched types
//~ replace: b: f32 => b: u8
