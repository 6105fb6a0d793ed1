//! A negative constant for a type that has no sign.
use edge_runtime::Device;

const LEAST: i8 = 5;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(min = -LEAST)]
    level: u8,
}

fn main() {}

//~ `-LEAST`: beyond, u8
//~ fix: LEAST
