//! A per cent sign behind a limit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 100 %)]
    level: u8,
}

fn main() {}

//~ `100 %`: max = 100
//~ fix: 100
