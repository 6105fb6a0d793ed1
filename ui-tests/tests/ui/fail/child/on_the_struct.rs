//! `child` on the struct.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(child)]
struct Drone {
    #[asset]
    battery: u8,
}

fn main() {}

//~ `child`: unknown, child, #[device(child)]
//~ replace: #[device(child)] =>
