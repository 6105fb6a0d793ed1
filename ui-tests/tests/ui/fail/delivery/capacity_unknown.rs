//! There is no such constant.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(capacity = MOST)]
    level: u8,
}

fn main() {}

//~ `MOST`: MOST
//~ fix: 10
