//! Many mistakes, each shown once, and none about what uses the device.
use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
#[device(modle = "urn:example:greenhouse:1", overwrite_assets = "never")]
pub struct Greenhouse {
    #[asset(knd = "sensor", unit = "°C", min = 85.0, max = -40.0)]
    temperature: f64,
    #[asset(kind = "virtual", compute = dew_point(temperatur))]
    dew_point: f64,
    #[asset(kind = "actuatr", unit = 5)]
    vent: u8,
    #[asset(kind = "config", name = "temperature", min)]
    period: u32,
}

fn dew_point(temperature: f64) -> f64 {
    temperature - 5.0
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, device: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        device.set_temperature(device.dew_point()).await?;
        Ok(change.value)
    }
}

fn main() {
    let _ = dew_point(5.0);
}

//~ `modle`: unknown, modle, model
//~ fix: model
//~ `"never"`: unknown, false, true
//~ fix: false
//~ `knd`: unknown, knd, kind
//~ fix: kind
//~ `"actuatr"`: unknown, actuatr, actuator
//~ fix: "actuator"
//~ `5`: unit = "°C"
//~ fix: "%"
//~ `min`: min, min = 0
//~ fix: min = 0
//~ `temperature`: temperature
//~ `"temperature"`: temperature
//~ fix: "period"
//~ `-40.0`: max, min, temperature
//~ fix: 85.0
//~ `temperatur`: temperatur, temperature
//~ fix: temperature
//~ replace: min = 85.0 => min = -40.0
