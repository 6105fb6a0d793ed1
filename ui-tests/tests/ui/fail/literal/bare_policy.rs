//! A word that needs quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(overwrite_assets = prune)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `prune`: unknown, false, true
//~ fix: "prune"
