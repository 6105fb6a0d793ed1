//! An action and a command with one method.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(on_level))]
struct Lamp {
    #[asset(kind = "config")]
    level: u8,
}

fn main() {}

//~ `on_level`: on_level, rename the action
//~ replace: action(on_level) => action(raise, name = "on_level")
