//! The function wants to borrow what it is given.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = share(level))]
    share: f64,
}

fn share(level: &u8) -> f64 {
    (*level).into()
}

fn main() {}

//~ `level`: mismatched types
//~ replace: level: &u8 => level: u8
//~ replace: (*level) => level
