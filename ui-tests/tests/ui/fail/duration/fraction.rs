//! A fraction of a unit.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(kind = "config", timeout = "1.5s")]
    level: u8,
}

fn main() {}

//~ `"1.5s"`: timeout, 1.5s, 1500ms
//~ fix: "1500ms"
