//! An alert without a field that it must have.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct OverTemperature {
    temperature: f64,
    limit: f64,
    note: Option<String>,
}

#[derive(Device, Clone)]
#[device(alert(OverTemperature))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

async fn run(oven: &OvenDevice) {
    let _ = oven.raise(OverTemperature { temperature: 391.5, note: None }).await;
}

fn main() {}
//~ `OverTemperature`: missing, limit
//~ replace: temperature: 391.5, note => temperature: 391.5, limit: 90.0, note
