//! Two actions in one list.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot, reset))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `reset`: action(reset)
//~ replace: action(reboot, reset) => action(reboot), action(reset)
