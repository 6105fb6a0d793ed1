//! Every method has an argument `device` already.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(pair(device: String)))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `device`: device, rename, #[arg(name = "device")]
//~ fix: #[arg(name = "device")] peer
