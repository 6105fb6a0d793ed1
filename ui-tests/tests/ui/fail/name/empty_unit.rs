//! A unit that is empty.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(unit = "", kind = "sensor")]
    level: u8,
}

fn main() {}

//~ `""`: unit, empty, have none
//~ replace: unit = "", =>
