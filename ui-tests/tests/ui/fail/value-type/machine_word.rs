//! An integer whose size depends on the machine.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: usize,
}

fn main() {}

//~ `usize`: usize
//~ fix: u64
