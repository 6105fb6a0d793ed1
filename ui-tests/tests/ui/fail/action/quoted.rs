//! An action is written as a method is.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action("reboot"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"reboot"`: action(reboot), name
//~ fix: reboot
