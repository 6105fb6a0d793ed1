//! The number of one device on the struct, which is of all.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(serial = "GH-1")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `serial`: where it starts, platform.device("..", ..)
//~ replace: #[device(serial = "GH-1")]↵ =>
