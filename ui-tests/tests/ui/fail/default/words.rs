//! A text of two words, without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = living room)]
    level: String,
}

fn main() {}

//~ `living room`: no value, the asset's type
//~ fix: "living room"
