//! The attribute stands before the derive that knows it.
use edge_runtime::Device;

#[device(title = "Lamp")]
#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `device`: before it is introduced
//~ replace: #[device(title = "Lamp")]↵#[derive(Device, Clone)] => #[derive(Device, Clone)]↵#[device(title = "Lamp")]
