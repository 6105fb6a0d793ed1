//! An alert by its name, where the alert itself is given.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct TooHot {
    celsius: f64,
}

#[derive(Device, Clone)]
#[device(alert(TooHot))]
struct Oven {
    #[asset]
    open: bool,
}

async fn run(oven: &OvenDevice) {
    let _ = oven.raise("too-hot").await;
}

fn main() {}

//~ `"too-hot"`: does not declare an alert
//~ fix: TooHot { celsius: 250.0 }
