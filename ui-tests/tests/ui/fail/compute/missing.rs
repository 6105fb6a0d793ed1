//! A virtual asset that is not computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "virtual")]
    a: u8,
}

fn main() {}

//~ `"virtual"`: a
