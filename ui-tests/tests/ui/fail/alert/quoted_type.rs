//! An alert by its name in quotes.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct DoorOpen;

#[derive(Device, Clone)]
#[device(alert("DoorOpen"))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

fn main() {}
//~ `"DoorOpen"`: without quotes
//~ fix: DoorOpen
