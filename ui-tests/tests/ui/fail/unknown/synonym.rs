//! What other libraries call it.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(label = "Level")]
    level: u8,
}

fn main() {}

//~ `label`: unknown, label, title
//~ fix: title
