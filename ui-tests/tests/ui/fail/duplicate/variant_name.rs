//! Two variants with one name.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {
    Eco,
    #[asset_value(name = "eco")]
    Economic,
}

fn main() {}

//~ `Eco`: eco
//~ `"eco"`: eco
//~ fix: "economic"
