//! A constant step that the type cannot hold.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(step = STEP)]
    level: u8,
}

const STEP: u32 = 300;

fn main() {}

//~ `STEP`: step, u8
//~ replace: 300 => 5
