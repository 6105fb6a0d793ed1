//! An asset type without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(asset_type = dock)]
struct Dock {
    #[asset]
    closed: bool,
}

fn main() {}

//~ `dock`: asset_type = "dock"
//~ fix: "dock"
