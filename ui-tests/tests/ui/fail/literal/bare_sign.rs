//! A unit without quotes that is no word.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(unit = %)]
    level: u8,
}

fn main() {}

//~ `%`: unit = "%"
//~ fix: "%"
