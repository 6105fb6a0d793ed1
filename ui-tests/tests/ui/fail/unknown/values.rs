//! The values of an enum, in the attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(values = ["eco", "full"])]
    level: String,
}

fn main() {}

//~ `values`: type, AssetValue
//~ replace: #[asset(values = ["eco", "full"])] => #[asset]
//~ replace: level: String => level: Mode
//~ replace: fn main() {} => #[derive(edge_runtime::AssetValue, Clone)]↵enum Mode {↵    Eco,↵    Full,↵}↵fn main() {}
