//! What other libraries call `max`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max_value = 20)]
    level: u8,
}

fn main() {}

//~ `max_value`: unknown, max
//~ fix: max
