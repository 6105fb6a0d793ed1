//! Room for many, of which one waits.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(overflow = "latest", capacity = 10)]
    level: u8,
}

fn main() {}

//~ `capacity`: contradicts, latest, level
//~ replace: , capacity = 10 =>
