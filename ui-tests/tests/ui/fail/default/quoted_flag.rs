//! A bool in quotes as a default.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = "true")]
    on: bool,
}

fn main() {}

//~ `"true"`: bool, string, quotes
//~ fix: true
