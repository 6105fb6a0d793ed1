//! A title that is empty.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(title = "", kind = "sensor")]
    burning_hours: u8,
}

fn main() {}

//~ `""`: title, empty, "Burning hours"
//~ replace: title = "", =>
