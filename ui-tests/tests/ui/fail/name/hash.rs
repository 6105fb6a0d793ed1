//! A name that matches whole branches of MQTT topics.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "level#")]
    level: u8,
}

fn main() {}

//~ `"level#"`: '#', MQTT, letters, digits
//~ fix: "level"
