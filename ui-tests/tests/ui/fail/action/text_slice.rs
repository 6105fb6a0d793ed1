//! An argument that is borrowed.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(say(text: &str)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `&str`: owned, text: String
//~ fix: String
