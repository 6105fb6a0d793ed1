//! A key of an action, misspelled.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot, timout = "5s"))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `timout`: unknown action key, timeout
//~ fix: timeout
