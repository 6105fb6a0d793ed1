//! A kind that is none, limits that are none, and what follows from them: the causes alone.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtul", compute = f(hours))]
    level: u8,
    #[asset(min = 5, max = 1, default = 9)]
    hours: u8,
}

pub fn f(hours: u8) -> u8 {
    hours
}

fn main() {}

//~ `"virtul"`: virtual
//~ `1`: less than
//~ replace: "virtul" => "virtual"
//~ replace: max = 1 => max = 10
