//! A constant that leaves no room.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = MOST)]
    level: u8,
}

const MOST: usize = 0;

fn main() {}

//~ `MOST`: capacity, integer, from 1
//~ replace: usize = 0 => usize = 10
