//! A limit by a function that is not `const`.
use edge_runtime::Device;

fn most() -> u8 {
    100
}

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = most())]
    level: u8,
}

fn main() {}

//~ `most()`: non-const
//~ replace: fn most => const fn most
