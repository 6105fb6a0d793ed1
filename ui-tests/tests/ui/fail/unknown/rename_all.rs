//! A case that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(rename_all = "Kebab")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"Kebab"`: unknown
//~ fix: "kebab-case"
