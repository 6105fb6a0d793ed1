//! Two actions of one name.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot), action(dim(to: u8)), action(reboot))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `reboot`: reboot, first
//~ `reboot`: reboot, twice
//~ replace: , action(reboot))] => )]
