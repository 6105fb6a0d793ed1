//! Without actuators no handler is needed: not for sensors, nor for configs.
#![deny(warnings)]

use edge_runtime::{ConnectError, Device, Platform};

#[derive(Device, Clone)]
pub struct Thermometer {
    #[asset]
    temperature: f64,
}

#[derive(Device, Clone)]
pub struct Clock {
    #[asset]
    ticks: u64,
    #[asset(kind = "config")]
    period: u32,
}

pub async fn run(platform: Platform) -> Result<(), ConnectError> {
    let thermometer = platform.device("T-1", Thermometer { temperature: 20.0 }).connect().await?;
    let clock = platform.device("C-1", Clock { ticks: 0, period: 1 }).connect().await?;
    println!("{:?} {}", thermometer.snapshot().temperature, clock.period());
    Ok(())
}

pub(crate) fn main() {}
