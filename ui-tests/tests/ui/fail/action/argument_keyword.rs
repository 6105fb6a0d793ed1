//! An argument called as a keyword is.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(set(type: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `type`: keyword, r#type
//~ fix: r#type
