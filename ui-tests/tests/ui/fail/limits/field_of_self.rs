//! Another field as a limit, as methods name it.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = self.high)]
    level: u8,
    high: u8,
}

fn main() {}

//~ `self.high`: a constant, `high` is a field
//~ fix: 80
