//! White space in a kind.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "sensor ")]
    level: u8,
}

fn main() {}

//~ `"sensor "`: unknown asset kind, white space
//~ fix: "sensor"
