//! A key of another word.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(sise = 10))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `sise`: unknown, size
//~ fix: size
