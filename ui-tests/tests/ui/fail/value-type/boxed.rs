//! Anything, in a box.
use edge_runtime::Device;

#[derive(Device)]
struct Lamp {
    #[asset]
    colour: Box<dyn Colour>,
}

impl Clone for Lamp {
    fn clone(&self) -> Self {
        unimplemented!()
    }
}

trait Colour: Send {}

fn main() {}

//~ `Box<dyn Colour>`: Box<dyn Colour>, asset
//~ `Box<dyn Colour>`: dyn Colour, Clone
//~ `Box<dyn Colour>`: dyn Colour, shared between threads
//~ fix: u8
