//! An alias that cannot be a level of a topic.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "lamp/level")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `"lamp/level"`: alias, '/', MQTT topics
//~ fix: "lamp-level"
