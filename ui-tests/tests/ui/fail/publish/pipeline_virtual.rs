//! Nobody offers values to what is computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = double(level), pipeline = none)]
    twice: u8,
}

fn double(level: u8) -> u8 {
    level * 2
}

fn main() {}

//~ `pipeline`: virtual, twice, computed from
//~ replace: , pipeline = none =>
