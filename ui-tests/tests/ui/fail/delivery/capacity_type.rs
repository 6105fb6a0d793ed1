//! A constant of another type.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = MOST)]
    level: u8,
}

const MOST: u32 = 10;

fn main() {}

//~ `MOST`: usize, u32
//~ replace: u32 = 10 => usize = 10
