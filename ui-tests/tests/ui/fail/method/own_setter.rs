//! A method of the user's has the name of a setter.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

impl LampDevice {
    fn set_level(&self) {}
}

fn main() {}

//~ `level`: set_level
//~ replace: fn set_level => fn dim
