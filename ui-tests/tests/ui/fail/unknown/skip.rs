//! A field that is not published needs no attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(skip)]
    level: u8,
    #[asset]
    on: bool,
}

fn main() {}

//~ `skip`: not published, remove
//~ replace: #[asset(skip)]↵ =>
