//! Two assets of one alias.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(alias = "light")]
    level: u8,
    #[asset(alias = "light")]
    hours: u32,
}

fn main() {}

//~ `"light"`: first used here
//~ `"light"`: used twice
//~ fix: "time"
