//! A pointer that stays on its thread: the struct cannot be a device, and the type no value.
use edge_runtime::Device;

use std::rc::Rc;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: Rc<u8>,
}

fn main() {}

//~ `Lamp`: Rc<u8>, sent
//~ `Rc<u8>`: Rc<u8>, asset
//~ fix: u8
