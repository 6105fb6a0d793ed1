//! Between two fields there is no comma.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "actuator")]
    level: u8
    #[asset]
    hours: u32,
}

fn main() {}

//~ ``: expected `,`
//~ replace: level: u8 => level: u8,
