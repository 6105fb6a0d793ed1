//! The wrong delimiters.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset{kind = "sensor"}]
    level: u8,
}

fn main() {}

//~ `{`: #[asset(..)]
//~ replace: {kind = "sensor"} => (kind = "sensor")
