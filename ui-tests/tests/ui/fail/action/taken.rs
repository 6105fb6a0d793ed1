//! An action has the name of a method that every handler has.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(on_change))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `on_change`: every handler, on_change, rename the action
//~ fix: exchange, name = "on_change"
