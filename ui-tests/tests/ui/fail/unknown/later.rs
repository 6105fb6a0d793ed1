//! A key that is not there yet is not let pass.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "stored")]
    level: u8,
}

fn main() {}

//~ `retention`: unknown, retention, kind
