//! A pattern instead of a name.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(move_to((x, y): (u8, u8))))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `(`: name, type
//~ replace: (x, y): (u8, u8) => x: u8, y: u8
