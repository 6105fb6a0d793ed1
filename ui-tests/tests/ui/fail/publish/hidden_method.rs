//! A field whose setter would hide a method of all devices.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    pipeline: u8,
}

fn main() {}

//~ `pipeline`: every device has a method `set_pipeline`, rename
//~ replace: pipeline: u8 => line: u8
