//! Weeks are seven days.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "2 weeks")]
    level: u8,
}

fn main() {}

//~ `"2 weeks"`: 14d
//~ fix: "14d"
