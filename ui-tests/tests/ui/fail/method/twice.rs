//! Two fields that make one method.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset]
    x: u8,
    #[asset]
    set_x: u8,
}

fn main() {}

//~ `set_x`: the setter of the field `x`, name = "set_x"
//~ replace: #[asset]↵    set_x => #[asset(name = "set_x")]↵    other_x
