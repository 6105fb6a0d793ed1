//! A default of what is computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    hours: u32,
    #[asset(kind = "virtual", compute = days(hours), default = 0)]
    days: u32,
}

fn days(hours: u32) -> u32 {
    hours / 24
}

fn main() {}

//~ `default`: virtual, computed
//~ replace: , default = 0)] => )]
