//! An alert, of a device that declares none.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct DoorOpen;

#[derive(Device, Clone)]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

async fn run(oven: &OvenDevice) {
    let _ = oven.raise(DoorOpen).await;
}

fn main() {}
//~ `DoorOpen`: does not declare, alert(DoorOpen)
//~ replace: #[derive(Device, Clone)] => #[derive(Device, Clone)]↵#[device(alert(DoorOpen))]
