//! A key of the device twice.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(title = "Lamp")]
#[device(title = "Lantern")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `title`: title
//~ `title`: title
//~ replace: #[device(title = "Lantern")] =>
