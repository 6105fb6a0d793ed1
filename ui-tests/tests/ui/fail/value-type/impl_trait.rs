//! A type that is not named.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: impl Copy,
}

fn main() {}

//~ `impl Copy`: impl Trait
//~ fix: u8
