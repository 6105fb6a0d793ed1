//! An alias that is the name of another asset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "hours")]
    level: u8,
    #[asset]
    hours: u32,
}

fn main() {}

//~ `hours`: asset name, first used here
//~ `"hours"`: alias, used twice
//~ fix: "brightness"
