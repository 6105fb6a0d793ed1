//! A policy that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = "purge")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"purge"`: unknown, false, true
//~ fix: "prune"
