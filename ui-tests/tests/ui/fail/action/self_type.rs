//! A keyword that is no name with `r#` either.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(action(Self::reboot))]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `Self`: keyword, no method
//~ replace: Self::reboot => reboot
