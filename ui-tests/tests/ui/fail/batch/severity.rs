//! A severity that there is not.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(size = 10, severity = "high"))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `"high"`: severity, high, critical
//~ fix: "significant"
