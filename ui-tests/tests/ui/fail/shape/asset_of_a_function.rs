//! `asset` on a function.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

#[asset(kind = "virtual")]
fn half(level: u8) -> u8 {
    level / 2
}

fn main() {}

//~ `asset`: asset, Device
//~ replace: #[asset(kind = "virtual")]↵ =>
