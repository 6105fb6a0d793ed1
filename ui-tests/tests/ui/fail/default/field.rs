//! Another field as a default.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = low)]
    level: u8,
    #[asset]
    low: u8,
}

fn main() {}

//~ `low`: a value or a constant, a field
//~ fix: 10
