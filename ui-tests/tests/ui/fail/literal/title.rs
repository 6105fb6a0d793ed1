//! A title that is a number.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = 5)]
    level: u8,
}

fn main() {}

//~ `5`: title = "Temperature"
//~ fix: "Temperature"
