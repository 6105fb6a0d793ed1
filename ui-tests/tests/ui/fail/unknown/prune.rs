//! A policy as a key.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(prune = true)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `prune`: unknown device key, overwrite_assets = "prune"
//~ replace: prune = true => overwrite_assets = "prune"
