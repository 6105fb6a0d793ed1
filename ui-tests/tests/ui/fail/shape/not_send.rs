//! A field that is not an asset cannot go to other threads. rustc says of each trait what it lacks.
use std::rc::Rc;

use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
    wire: Rc<u8>,
}

fn main() {}

//~ `Lamp`: Rc<u8>, shared
//~ `Lamp`: Rc<u8>, sent
