//! An alert that was raised already.
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
    let _ = oven.raise(hot).await;
    let _ = oven.raise(hot).await;
}

fn main() {}
//~ `hot`: moved
//~ replace: #[derive(Alert)] => #[derive(Alert, Clone)]
//~ replace: raise(hot) => raise(hot.clone())
