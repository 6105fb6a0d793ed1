//! An action is named in parentheses.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action = "reboot")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `action`: action(reboot)
//~ replace: action = "reboot" => action(reboot)
