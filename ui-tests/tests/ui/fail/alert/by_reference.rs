//! An alert is raised by reference.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct OverTemperature {
    temperature: f64,
}

#[derive(Device, Clone)]
#[device(alert(OverTemperature))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

async fn run(oven: &OvenDevice) {
    let hot = OverTemperature { temperature: 391.5 };
    let _ = oven.raise(&hot).await;
}

fn main() {}
//~ `&hot`: does not declare an alert
//~ fix: hot
