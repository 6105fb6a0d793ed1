//! What other libraries call `retention`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(persistence = "stored")]
    level: u8,
}

fn main() {}

//~ `persistence`: unknown, persistence, retention
//~ fix: retention
