//! A duration in words.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(batch(every = "1 minute"))]
struct Meter {
    #[asset]
    energy: u32,
}

fn main() {}

//~ `"1 minute"`: every, "1m"
//~ fix: "1m"
