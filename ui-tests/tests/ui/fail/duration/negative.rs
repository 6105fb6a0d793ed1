//! A duration into the past.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(expiry = "-5s")]
    level: u8,
}

fn main() {}

//~ `"-5s"`: expiry, -5s, unit
//~ fix: "90s"
