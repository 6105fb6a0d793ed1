//! Bytes for many, of which one waits.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Lamp {
    #[asset(overflow = "latest", capacity_bytes = 4096)]
    level: u8,
}

fn main() {}

//~ `capacity_bytes`: contradicts, latest, level
//~ replace: , capacity_bytes = 4096 =>
