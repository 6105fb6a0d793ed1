//! A member that is no value.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Light {
    colour: Rgb,
}

#[derive(Clone)]
struct Rgb(u8, u8, u8);

fn main() {}

//~ `Rgb`: Rgb
