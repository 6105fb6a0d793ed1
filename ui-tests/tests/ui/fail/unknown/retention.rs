//! A retention that is like one.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "store")]
    level: u8,
}

fn main() {}

//~ `"store"`: unknown, retention, store, stored, volatile, discard
//~ fix: "stored"
