//! A kind without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = sensor)]
    level: u8,
}

fn main() {}

//~ `sensor`: kind = "sensor"
//~ fix: "sensor"
