//! An alias without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = brightness)]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `brightness`: string literal
//~ fix: "brightness"
