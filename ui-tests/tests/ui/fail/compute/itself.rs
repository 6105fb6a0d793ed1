//! An asset that is computed of itself.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = twice(a))]
    a: u8,
}

pub fn twice(b: u8) -> u8 {
    b * 2
}

fn main() {}

//~ `a`: a
//~ replace: twice(a) => u8::default()
