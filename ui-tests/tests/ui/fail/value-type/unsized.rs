//! A type without a size.
use edge_runtime::Device;

#[derive(Device)]
struct Lamp {
    #[asset]
    level: str,
}

fn main() {}

//~ `str`: str, String
//~ fix: String
//~ replace: derive(Device) => derive(Device, Clone)
