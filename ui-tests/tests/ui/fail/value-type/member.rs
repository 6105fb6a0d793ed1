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
//~ replace: #[derive(Clone)]↵struct Rgb(u8, u8, u8); => #[derive(edge_runtime::AssetValue, Clone)]↵struct Rgb {↵    red: u8,↵    green: u8,↵    blue: u8,↵}
