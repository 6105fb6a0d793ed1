//! Mistakes in two keys of one attribute, and in the struct: each is said.
use edge_runtime::Device;

#[derive(Device, Clone)]
#[device(modl = "urn:example:lamp:1", overwrite_assets = "yes")]
struct Lamp {
    #[asset(kind = "sensr", min = "5", publish(deadbnd = 1.0, min_interval = "5"))]
    level: u8,
}

fn main() {}

//~ `modl`: model
//~ fix: model
//~ `"yes"`: prune
//~ fix: "prune"
//~ `"sensr"`: sensor
//~ fix: "sensor"
//~ `"5"`: remove the quotes
//~ fix: 5
//~ `deadbnd`: deadband
//~ fix: deadband
//~ `"5"`: unit
//~ fix: "5s"
