//! A value that is held back and on the disk.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "stored", publish(min_interval = "1s"))]
    level: u8,
}

fn main() {}

//~ `min_interval`: contradicts, stored, not on the disk
//~ replace: retention = "stored", publish => publish
