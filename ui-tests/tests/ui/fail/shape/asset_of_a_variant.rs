//! `asset` on a variant of a value.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {
    #[asset(name = "ECO")]
    Eco,
}

fn main() {}

//~ `asset`: asset
//~ fix: asset_value
