//! What is computed is as old as what it is computed from.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset(kind = "virtual", compute = double(level), stale_after = "10m")]
    twice: u8,
}

fn double(level: u8) -> u8 {
    level * 2
}

fn main() {}

//~ `stale_after`: virtual, twice, computed from
//~ replace: , stale_after = "10m" =>
