//! The greatest length of a text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max_length = 20)]
    level: String,
}

fn main() {}

//~ `max_length`: numbers, texts
//~ replace: (max_length = 20) =>
