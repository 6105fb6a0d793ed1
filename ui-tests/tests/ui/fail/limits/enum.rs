//! A limit of an enum.
use edge_runtime::{AssetValue, Device};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 2)]
    level: Mode,
}

#[derive(AssetValue, Clone)]
enum Mode {
    Eco,
    Boost,
}

fn main() {}

//~ `max`: max, Mode
//~ replace: #[asset(max = 2)] => #[asset]
