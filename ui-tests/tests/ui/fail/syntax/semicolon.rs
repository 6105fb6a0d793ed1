//! The wrong separator.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = 1; max = 2)]
    level: u8,
}

fn main() {}

//~ `;`: ,, ;
//~ fix: ,
