//! A constant default above the maximum, of what may be unset.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 5, default = LEVEL)]
    level: Option<u8>,
}

const LEVEL: Option<u8> = Some(7);

fn main() {}

//~ `LEVEL`: default, more than `max`
//~ replace: Some(7) => None
