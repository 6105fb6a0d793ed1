//! A variant with named fields.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
enum Mode {
    Eco { most: u8 },
    Boost,
}

fn main() {}

//~ `{ most: u8 }`: Eco
//~ fix:
