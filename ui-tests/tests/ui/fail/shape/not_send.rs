//! A field that is not an asset cannot go to other threads.
use std::rc::Rc;

use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    wire: Rc<u8>,
}

fn main() {}

//~ `Lamp`: Rc<u8>, sent
//~ replace: use std::rc::Rc => use std::sync::Arc
//~ replace: Rc<u8> => Arc<u8>
