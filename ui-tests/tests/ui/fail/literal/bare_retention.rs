//! A retention without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(retention = stored)]
    level: u8,
}

fn main() {}

//~ `stored`: string, retention = "stored"
//~ fix: "stored"
