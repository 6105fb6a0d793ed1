//! A per cent sign behind a default.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = 100 %)]
    level: u8,
}

fn main() {}

//~ `100 %`: default = 100
//~ fix: 100
