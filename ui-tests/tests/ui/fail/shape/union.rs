//! A device that is a union.
use edge_runtime::Device;

#[derive(Device, Clone, Copy)]
union Lamp {
    level: u8,
}

fn main() {}

//~ `union`: Device
//~ replace: union Lamp { => struct Lamp {↵    #[asset]
