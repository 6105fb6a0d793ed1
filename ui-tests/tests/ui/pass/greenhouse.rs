//! The greenhouse of the README, with all kinds of assets, as a user writes it.
#![deny(warnings, missing_docs, unreachable_pub, missing_debug_implementations, rust_2018_idioms)]
#![deny(clippy::pedantic)]
#![forbid(unsafe_code)]

use edge_runtime::{Change, Device, HandlerResult};

/// Keeps a greenhouse cool.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:greenhouse:1", overwrite_assets = false)]
pub struct Greenhouse {
    /// Air temperature
    #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
    temperature: f64,
    /// Relative humidity
    #[asset(kind = "sensor", unit = "%", min = 0.0, max = 100.0)]
    humidity: f64,
    /// Vapour pressure deficit
    #[asset(kind = "virtual", unit = "kPa", compute = vapour_pressure_deficit(temperature, humidity))]
    vpd: f64,
    /// Vent opening
    #[asset(kind = "actuator", unit = "%", max = 100)]
    vent: u8,
    /// Seconds between samples
    #[asset(kind = "config", unit = "s", min = 1, max = 3600)]
    period: u32,
}

fn vapour_pressure_deficit(temperature: f64, humidity: f64) -> f64 {
    0.6108 * (17.27 * temperature / (temperature + 237.3)).exp() * (1.0 - humidity / 100.0)
}

struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, device: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        if device.temperature() > 80.0 {
            return Err("too hot to move".into());
        }
        device.set_humidity(40.0).await?;
        Ok(change.value)
    }
}

fn handles<H: Send + 'static, D: edge_runtime::Dispatch<H>>() {}

pub(crate) fn main() {
    let mut greenhouse = Greenhouse { temperature: 25.0, humidity: 50.0, vpd: 0.0, vent: 0, period: 60 };
    greenhouse.recompute();
    assert!((greenhouse.vpd - 1.583).abs() < 0.001);
    assert_eq!(greenhouse.field(3).downcast_ref(), Some(&0u8));
    assert!(edge_runtime::catalog().any(|model| model.urn == Greenhouse::MODEL.urn));
    handles::<Driver, Greenhouse>();
    let profiles: Vec<_> = Greenhouse::MODEL.assets.iter().map(|asset| asset.profile().to_string()).collect();
    assert_eq!(
        profiles,
        ["number -40..85 °C", "number 0..100 %", "number kPa", "integer 0..100 %", "integer 1..3600 s"]
    );
}
