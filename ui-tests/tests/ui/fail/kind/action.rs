//! An action as a field.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "action")]
    level: u8,
}

fn main() {}

//~ `"action"`: unknown asset kind, #[device(action(reboot))]
//~ replace: #[asset(kind = "action")]↵    level: u8, => #[asset]↵    level: u8,
//~ replace: struct Lamp => #[device(action(reboot))]↵struct Lamp
