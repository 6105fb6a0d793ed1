//! A unit behind a size.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(size = 10s))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `10s`: whole number
//~ fix: 10
