//! A limit that cannot be computed.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 200u8 + 100)]
    level: u8,
}

fn main() {}

//~ `200u8 + 100`: overflow
//~ fix: 200u8
