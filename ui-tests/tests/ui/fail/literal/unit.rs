//! A unit without quotes.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(unit = RPM)]
    level: u32,
}

fn main() {}

//~ `RPM`: string literal, unit = "RPM"
//~ fix: "RPM"
