//! What other libraries call `timeout`.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "config", handler_timeout = "5s")]
    level: u8,
}

fn main() {}

//~ `handler_timeout`: unknown, handler_timeout, timeout
//~ fix: timeout
