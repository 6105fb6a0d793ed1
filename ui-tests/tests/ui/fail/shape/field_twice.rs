//! Two fields have one name.
use edge_runtime::Device;

#[derive(Device)]
struct Lamp {
    #[asset]
    level: u8,
    #[asset]
    level: u8,
}

impl Clone for Lamp {
    fn clone(&self) -> Self {
        todo!()
    }
}

fn main() {}

//~ `level: u8`: already declared
//~ fix: hours: u8
