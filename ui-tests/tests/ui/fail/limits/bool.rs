//! A limit of something that is no number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 1)]
    on: bool,
}

fn main() {}

//~ `max`: max, on, bool
//~ replace: #[asset(max = 1)] => #[asset]
