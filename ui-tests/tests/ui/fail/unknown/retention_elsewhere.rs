//! What other libraries call a retention.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "disk")]
    level: u8,
}

fn main() {}

//~ `"disk"`: unknown, retention, disk, stored
//~ fix: "stored"
