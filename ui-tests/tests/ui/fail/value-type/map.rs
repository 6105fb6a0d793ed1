//! A map is no value.
use std::collections::HashMap;

use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    levels: HashMap<String, u8>,
}

fn main() {}

//~ `HashMap<String, u8>`: asset values are, Vec, #[derive(AssetValue
//~ fix: Vec<u8>
