//! A title of two words, without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = Living room)]
    level: u8,
}

fn main() {}

//~ `Living room`: title = "Living room"
//~ fix: "Living room"
