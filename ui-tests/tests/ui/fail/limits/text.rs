//! A limit of a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 20)]
    level: String,
}

fn main() {}

//~ `max`: max, level, String
//~ replace: #[asset(max = 20)] => #[asset]
