//! A key of an asset at an argument.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(dim(#[arg(kind = "sensor")] to: u8)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `kind`: unknown argument key, expected one of, min, max, step
//~ replace: #[arg(kind = "sensor")] to => to
