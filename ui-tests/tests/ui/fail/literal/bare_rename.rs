//! A case without quotes, and not as cases are called.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(rename_all = kebab)]
struct Room {
    #[asset]
    air_temperature: f64,
}

fn main() {}

//~ `kebab`: rename_all = "kebab-case"
//~ fix: "kebab-case"
