//! An action and a command with one method, the former as a raw identifier.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(r#on_level))]
struct Lamp {
    #[asset(kind = "config")]
    level: u8,
}

fn main() {}

//~ `r#on_level`: on_level, rename the action
//~ fix: set_on_level, name = "on_level"
