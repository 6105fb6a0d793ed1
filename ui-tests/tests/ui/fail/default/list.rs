//! A number as the default of a list.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 5)]
    levels: Vec<u8>,
}

fn main() {}

//~ `5`: Vec<u8>, integer
//~ fix: vec![5]
