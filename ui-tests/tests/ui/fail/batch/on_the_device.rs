//! What a batch is told, said to the device.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(size = 10)]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `size`: belongs, batch(size
//~ replace: size = 10 => batch(size = 10)
