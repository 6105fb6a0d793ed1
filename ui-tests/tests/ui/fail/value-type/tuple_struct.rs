//! A tuple struct as a value.
use edge_runtime::AssetValue;

#[derive(AssetValue, Clone)]
struct Rgb(u8, u8, u8);

fn main() {}

//~ `(u8, u8, u8)`: AssetValue
//~ replace: (u8, u8, u8); => { red: u8, green: u8, blue: u8 }
