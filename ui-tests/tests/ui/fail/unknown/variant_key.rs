//! A key of serde.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {
    #[asset_value(rename = "ECO")]
    Eco,
}

fn main() {}

//~ `rename`: unknown, rename, name
//~ fix: name
