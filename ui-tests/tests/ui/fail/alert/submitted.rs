//! An alert is raised, data are submitted.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
pub struct TooHot {
    pub celsius: f64,
}

#[derive(Device, Clone)]
#[device(alert(TooHot))]
pub struct Oven {
    #[asset]
    open: bool,
}

pub async fn run(oven: OvenDevice) {
    oven.submit(TooHot { celsius: 250.0 }).await.unwrap();
}

fn main() {}

//~ `TooHot { celsius: 250.0 }`: does not declare, raised
//~ replace: oven.submit => oven.raise
