//! A policy as programs choose it where a device starts.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = OverwritePolicy::Prune)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `OverwritePolicy::Prune`: unknown, false, true
//~ fix: "prune"
