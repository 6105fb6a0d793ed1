//! A child that was meant as an asset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Dock {
    #[asset]
    closed: bool,
    #[device(child)]
    battery: u8,
}

fn main() {}

//~ `u8`: u8, #[derive(Device)], #[asset]
//~ replace: #[device(child)] => #[asset]
