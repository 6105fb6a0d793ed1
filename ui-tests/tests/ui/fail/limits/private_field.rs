//! A field that is no asset as a limit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = high)]
    level: u8,
    high: u8,
}

fn main() {}

//~ `high`: a constant, a field
//~ fix: 80
