//! Assets that are computed of each other.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = twice(b))]
    a: u8,
    #[asset(kind = "virtual", compute = twice(c))]
    b: u8,
    #[asset(kind = "virtual", compute = twice(a))]
    c: u8,
}

pub fn twice(b: u8) -> u8 {
    b * 2
}

fn main() {}

//~ `a`: a, b, c
//~ replace: twice(a) => u8::default()
