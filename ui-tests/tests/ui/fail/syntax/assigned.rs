//! No list.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset = "sensor"]
    level: u8,
}

fn main() {}

//~ `=`: =, #[asset(kind = "sensor")]
//~ replace: #[asset = "sensor"] => #[asset(kind = "sensor")]
