//! A comma is missing; the keys after it are checked all the same.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "sensor" unit = "%", mx = 5)]
    level: u8,
}

fn main() {}

//~ `unit`: ,
//~ fix: , unit
//~ `mx`: unknown, mx, max
//~ fix: max
