//! A result of an action.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(measure(times: u8) -> f64))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `-> f64`: no result, remove
//~ fix:
