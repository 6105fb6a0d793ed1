//! A list of what is no value.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: Vec<Rgb>,
}

#[derive(Clone)]
struct Rgb(u8, u8, u8);

fn main() {}

//~ `Rgb`: Rgb
//~ replace: #[derive(Clone)]↵struct Rgb(u8, u8, u8); => #[derive(edge_runtime::AssetValue, Clone)]↵struct Rgb {↵    red: u8,↵    green: u8,↵    blue: u8,↵}
