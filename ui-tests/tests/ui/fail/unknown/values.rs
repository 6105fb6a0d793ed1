//! The values of an enum, in the attribute.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(values = ["eco", "full"])]
    level: String,
}

fn main() {}

//~ `values`: type, AssetValue
