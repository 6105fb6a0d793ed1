//! An alias that differs from a name in case only.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "Hours")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `hours`: first used here
//~ `"Hours"`: alias, differ only in case
//~ fix: "brightness"
