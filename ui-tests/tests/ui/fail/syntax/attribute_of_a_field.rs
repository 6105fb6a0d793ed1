//! The attribute of a field, inside of that of the struct.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(asset(kind = "sensor"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `asset`: of its own, field
//~ replace: #[device(asset(kind = "sensor"))]↵ =>
//~ replace: #[asset] => #[asset(kind = "sensor")]
