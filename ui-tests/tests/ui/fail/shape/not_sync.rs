//! A field that is not an asset cannot be shared between threads.
use std::cell::Cell;

use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    seen: Cell<u8>,
}

fn main() {}

//~ `Lamp`: Cell<u8>, shared
