//! A key twice in one attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "sensor", unit = "%", kind = "config")]
    level: u8,
}

fn main() {}

//~ `kind`: kind
//~ `kind`: kind
//~ replace: , kind = "config") => )
