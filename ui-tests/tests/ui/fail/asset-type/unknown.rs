//! An asset type that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(asset_type = "dok")]
struct Dock {
    #[asset]
    closed: bool,
}

fn main() {}

//~ `"dok"`: unknown, dok, dock
//~ fix: "dock"
