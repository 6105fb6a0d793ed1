//! A retention in another case.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "Stored")]
    level: u8,
}

fn main() {}

//~ `"Stored"`: unknown, retention, lower case, stored
//~ fix: "stored"
