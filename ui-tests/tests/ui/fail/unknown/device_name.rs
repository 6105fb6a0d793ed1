//! A name for people on the struct.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(name = "Greenhouse")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `name`: title, model, platform.device("..", ..)
//~ fix: title
