//! A device that only reports is given a handler.
use edge_runtime::{Device, Platform};

#[derive(Device, Clone)]
pub struct Thermometer {
    #[asset]
    temperature: f64,
}

struct Driver;

pub async fn run(platform: Platform, thermometer: Thermometer) {
    let device = platform.device("T-1", thermometer).handler(Driver).connect().await.unwrap();
    println!("{}", device.temperature());
}

fn main() {}

//~ `Driver`: Driver, Thermometer
//~ replace: .handler(Driver) =>
//~ replace: struct Driver; =>
