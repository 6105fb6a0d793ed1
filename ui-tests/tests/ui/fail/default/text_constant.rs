//! A constant default that is no text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(default = NAME)]
    label: String,
}

const NAME: u8 = 1;

fn main() {}

//~ `NAME`: String, u8
//~ replace: const NAME: u8 = 1 => const NAME: &str = "hall"
