//! A cell, which other threads cannot see into.
use edge_runtime::Device;

use std::cell::RefCell;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: RefCell<u8>,
}

fn main() {}

//~ `RefCell<u8>`: RefCell<u8>, asset
//~ fix: u8
