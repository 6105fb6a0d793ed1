//! A device that is an enum; what uses it makes no further error.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
enum Lamp {
    On,
}

pub fn run(platform: Platform) {
    drop(platform.device("L-1", Lamp::On));
}

fn main() {}

//~ `enum`: Device, AssetValue
//~ replace: derive(Device, Clone) => derive(edge_runtime::AssetValue, Clone)
//~ replace: drop(platform.device("L-1", Lamp::On)); => drop((platform, Lamp::On));
