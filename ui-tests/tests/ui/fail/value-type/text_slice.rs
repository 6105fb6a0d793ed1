//! A borrowed text.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: &'static str,
}

fn main() {}

//~ `&'static str`: &'static str
//~ fix: String
