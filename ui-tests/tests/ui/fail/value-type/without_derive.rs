//! An enum without the derive.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "config")]
    level: Option<Mode>,
}

#[derive(Clone)]
enum Mode {
    Eco,
    Boost,
}

fn main() {}

//~ `Mode`: Mode
//~ replace: #[derive(Clone)] => #[derive(edge_runtime::AssetValue, Clone)]
