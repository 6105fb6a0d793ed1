//! Only virtual assets are computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(compute = twice(b))]
    a: u8,
    #[asset]
    b: u8,
}

pub fn twice(b: u8) -> u8 {
    b * 2
}

fn main() {}

//~ `compute`: kind = "virtual", a
//~ replace: compute = twice(b) => kind = "virtual", compute = twice(b)
