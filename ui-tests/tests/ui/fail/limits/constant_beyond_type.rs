//! A constant that the type cannot hold.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = MOST)]
    level: u8,
}

const MOST: u32 = 500;

fn main() {}

//~ `MOST`: max, u8
//~ replace: 500 => 50
