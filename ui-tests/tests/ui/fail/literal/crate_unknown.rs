//! A path that leads nowhere.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(crate = ::device)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `device`: device
//~ replace: ::device => ::edge_runtime
