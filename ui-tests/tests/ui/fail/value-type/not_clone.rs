//! Values are cloned.
use edge_runtime::AssetValue;

#[derive(AssetValue)]
enum Mode {
    Eco,
    Boost,
}

fn main() {}

//~ `Mode`: Mode: Clone
//~ replace: derive(AssetValue) => derive(AssetValue, Clone)
