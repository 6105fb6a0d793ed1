//! What other libraries call `expiry`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(ttl = "7d")]
    level: u8,
}

fn main() {}

//~ `ttl`: unknown, ttl, expiry
//~ fix: expiry
