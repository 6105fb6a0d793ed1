//! A unit of a bool.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(unit = "%")]
    on: bool,
}

fn main() {}

//~ `unit`: unit, bool, on
//~ replace: #[asset(unit = "%")] => #[asset]
