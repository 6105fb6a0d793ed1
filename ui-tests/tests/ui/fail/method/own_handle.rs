//! A type of the user's has the handle's name.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    level: u8,
}

struct LampDevice;

fn main() {}

//~ `struct LampDevice;`: LampDevice, multiple times
//~ `Device`: private
//~ `Device`: LampDevice
//~ replace: struct LampDevice; => struct LampHousing;
