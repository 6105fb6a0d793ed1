//! A limit of an argument, said to the action.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(to: u8), max = 5))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `max`: an argument, #[arg(max = ..)]
//~ replace: to: u8), max = 5 => #[arg(max = 5)] to: u8)
