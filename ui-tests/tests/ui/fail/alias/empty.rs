//! An alias that is empty.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `""`: empty, remove
//~ replace: #[asset(alias = "")] => #[asset]
