//! An alias that is the name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "level")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `level`: first used here
//~ `"level"`: alias, used twice
//~ fix: "brightness"
