//! A getter that would hide a method of all devices.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    id: u8,
}

fn main() {}

//~ `id`: id, name = "id"
//~ replace: #[asset]↵    id => #[asset(name = "id")]↵    number
