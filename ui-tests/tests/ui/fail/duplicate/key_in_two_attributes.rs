//! A key twice in two attributes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 10)]
    #[asset(max = 20)]
    level: u8,
}

fn main() {}

//~ `max`: max
//~ `max`: max
//~ replace: #[asset(max = 20)] =>
