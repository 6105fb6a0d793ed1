//! A title of an argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[arg(title = "Brightness")] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `title`: unknown argument key, description
//~ fix: description
