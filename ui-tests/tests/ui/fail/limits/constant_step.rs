//! A constant step that leads nowhere.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(step = STEP)]
    level: u8,
}

const STEP: u8 = 0;

fn main() {}

//~ `STEP`: level, step
//~ replace: = 0 => = 5
