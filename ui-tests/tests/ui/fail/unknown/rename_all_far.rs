//! A case that is near to none.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(rename_all = "Train")]
struct Lamp {
    #[asset]
    level: u8,
}

fn main() {}

//~ `"Train"`: unknown case, `kebab-case`, `snake_case`, `PascalCase`
//~ fix: "PascalCase"
