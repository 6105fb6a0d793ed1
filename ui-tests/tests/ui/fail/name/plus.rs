//! A wildcard of MQTT.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "+")]
    level: u8,
}

fn main() {}

//~ `"+"`: +, _, -
//~ fix: "level"
