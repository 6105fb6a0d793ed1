//! A field whose name cannot go on the wire.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    tempé: u8,
}

fn main() {}

//~ `tempé`: tempé, _, -
//~ replace: #[asset] => #[asset(name = "temperature")]
