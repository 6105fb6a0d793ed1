//! A reference without a lifetime: rustc says it, and nothing else is said.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    colour: &str,
    #[asset]
    level: u8,
}

fn main() {}

//~ `&`: lifetime
//~ replace: &str => String
