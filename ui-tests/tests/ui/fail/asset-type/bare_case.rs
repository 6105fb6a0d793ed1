//! An asset type without quotes, written as a variant is.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(asset_type = Sensor)]
struct Probe {
    #[asset]
    temperature: f64,
}

fn main() {}

//~ `Sensor`: asset_type = "sensor"
//~ fix: "sensor"
