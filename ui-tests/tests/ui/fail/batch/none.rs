//! A batch of no states.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(size = 0))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `0`: size, from 1
//~ fix: 10
