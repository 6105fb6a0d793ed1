//! A kind by another name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "setting")]
    level: u8,
}

fn main() {}

//~ `"setting"`: unknown, config
//~ fix: "config"
