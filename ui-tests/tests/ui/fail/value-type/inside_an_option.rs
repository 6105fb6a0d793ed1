//! A type that is no value, inside of one that is.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    colour: Option<Rgb>,
}

#[derive(Clone)]
struct Rgb(u8, u8, u8);

fn main() {}

//~ `Rgb`: Rgb
//~ replace: struct Rgb(u8, u8, u8); => #[derive(edge_runtime::AssetValue)]↵struct Rgb {↵    red: u8,↵}
