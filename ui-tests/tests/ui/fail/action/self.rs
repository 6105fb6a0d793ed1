//! The receiver among the arguments.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(&mut self, to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `&`: &mut self, argument
//~ replace: &mut self, =>
