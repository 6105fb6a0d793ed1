//! An alert that the device does not declare.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct OverTemperature {
    temperature: f64,
}

#[derive(Alert)]
struct DoorOpen;

#[derive(Device, Clone)]
#[device(alert(OverTemperature))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

async fn run(oven: &OvenDevice) {
    let _ = oven.raise(DoorOpen).await;
}

fn main() {}
//~ `DoorOpen`: does not declare, alert(DoorOpen)
//~ replace: alert(OverTemperature) => alert(OverTemperature, DoorOpen)
