//! What other libraries call `capacity`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(queue = 1000)]
    level: u8,
}

fn main() {}

//~ `queue`: unknown, queue, capacity
//~ fix: capacity
