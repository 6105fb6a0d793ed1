//! A limit of a struct.
use edge_runtime::{AssetValue, Device};

#[derive(Device, Clone)]
struct Lamp {
    #[asset(max = 2)]
    schedule: Schedule,
}

#[derive(AssetValue, Clone)]
struct Schedule {
    start: u8,
}

fn main() {}

//~ `max`: max, numbers, Schedule
//~ replace: (max = 2) =>
