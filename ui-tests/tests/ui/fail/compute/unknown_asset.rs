//! Computed of an asset that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual", compute = twice(levl))]
    a: u8,
    #[asset]
    level: u8,
}

pub fn twice(b: u8) -> u8 {
    b * 2
}

fn main() {}

//~ `levl`: levl, level
//~ fix: level
