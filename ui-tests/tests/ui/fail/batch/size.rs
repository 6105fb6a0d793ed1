//! A number of states that is a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(size = "10"))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `"10"`: size, whole number
//~ fix: 10
