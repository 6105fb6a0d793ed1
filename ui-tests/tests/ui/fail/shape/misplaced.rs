//! Each attribute in the place of the other.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[asset(kind = "sensor")]
struct Lamp {
    #[asset]
    #[device(title = "Level")]
    level: u8,
}

fn main() {}

//~ `title`: unknown, title, #[device(title = ..)]
//~ `asset`: asset, #[device(..)]
//~ replace: #[asset(kind = "sensor")] => #[device(title = "Level")]
//~ replace: #[asset]↵    #[device(title = "Level")] => #[asset]
