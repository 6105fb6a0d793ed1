//! A key that is like no other: the list.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(frobnicate = 1)]
    level: u8,
}

fn main() {}

//~ `frobnicate`: unknown, frobnicate, kind
//~ fix: min
