//! An enum that is more than its names.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Colour {
    Warm,
    Rgb(u8, u8, u8),
}

fn main() {}

//~ `(u8, u8, u8)`: Rgb
//~ fix:
