//! A vendor that is not said.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(vendor = "")]
struct Dock {
    #[asset]
    closed: bool,
}

fn main() {}

//~ `""`: vendor
//~ replace: #[device(vendor = "")] =>
