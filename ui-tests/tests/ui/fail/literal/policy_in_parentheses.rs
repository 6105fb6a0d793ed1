//! A policy in parentheses.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets(prune))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `(`: overwrite_assets = "prune"
//~ replace: overwrite_assets(prune) => overwrite_assets = "prune"
