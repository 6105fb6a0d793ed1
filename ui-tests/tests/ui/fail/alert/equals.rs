//! `=` instead of parentheses: the alert is raised all the same.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct TooHot {
    celsius: f64,
}

#[derive(Device, Clone)]
#[device(alert = TooHot)]
struct Oven {
    #[asset]
    open: bool,
}

async fn run(oven: &OvenDevice) {
    let _ = oven.raise(TooHot { celsius: 250.0 }).await;
}

fn main() {}

//~ `alert`: parentheses, alert(TooHot)
//~ replace: alert = TooHot => alert(TooHot)
