//! A time that is none.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(stale_after = "ten minutes")]
    level: u8,
}

fn main() {}

//~ `"ten minutes"`: stale_after, one number and one unit
//~ fix: "90s"
