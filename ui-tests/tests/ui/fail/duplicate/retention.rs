//! A retention that is given twice.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = "stored", retention = "volatile")]
    level: u8,
}

fn main() {}

//~ `retention`: first, retention
//~ `retention`: twice, retention
//~ replace: , retention = "volatile" =>
