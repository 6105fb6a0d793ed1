//! A deadband of what is no number, as only rustc knows.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(publish(deadband = 1))]
    level: Vec<u8>,
}

fn main() {}

//~ `deadband`: applies to numbers, Vec<u8>
//~ replace: #[asset(publish(deadband = 1))] => #[asset]
