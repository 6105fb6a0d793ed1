//! Each attribute in the place of the other.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[asset(kind = "sensor")]
struct Lamp {
    #[asset]
    #[device(title = "Level")]
    level: u8,
}

fn main() {}
