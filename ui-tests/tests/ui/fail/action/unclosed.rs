//! A parenthesis is missing.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(reboot)]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `]`: closing delimiter
//~ replace: action(reboot)] => action(reboot))]
