//! A limit that is a flag.
use edge_runtime::Device;

const BRIGHT: bool = true;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = BRIGHT)]
    level: u8,
}

fn main() {}

//~ `BRIGHT`: number, bool
//~ replace: bool = true => u8 = 100
