//! Behind the arguments there is no comma.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(level: u8) timeout = "5s"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `timeout = "5s"`: expected `,`
//~ replace: u8) timeout => u8), timeout
