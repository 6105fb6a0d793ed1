//! An asset type in another case.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(asset_type = "Dock")]
struct Dock {
    #[asset]
    closed: bool,
}

fn main() {}

//~ `"Dock"`: unknown, Dock, dock
//~ fix: "dock"
