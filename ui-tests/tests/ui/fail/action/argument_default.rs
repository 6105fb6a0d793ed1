//! A default by the attribute of an argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[arg(default = 5)] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `default`: no default, Option
//~ replace: #[arg(default = 5)] to: u8 => to: Option<u8>
