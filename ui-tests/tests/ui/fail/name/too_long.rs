//! A name of more than 64 bytes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(name = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    level: u8,
}

fn main() {}

//~ `"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"`: xxxxxxxxxxxxxxxx..
//~ fix: "level"
