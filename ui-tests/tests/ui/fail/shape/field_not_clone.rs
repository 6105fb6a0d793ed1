//! What the device keeps for itself cannot be cloned.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    bulb: Bulb,
}

struct Bulb;

fn main() {}

//~ `bulb: Bulb`: Bulb, Clone
//~ replace: struct Bulb; => #[derive(Clone)]↵struct Bulb;
