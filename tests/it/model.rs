//! The device that most tests run, and how they start it.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, ConnectError, Device, HandlerResult};

/// Keeps a greenhouse cool.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(model = "urn:test:greenhouse:1")]
pub(crate) struct Greenhouse {
    /// Air temperature
    #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
    pub(crate) temperature: f64,
    #[asset(kind = "sensor", unit = "%", min = 0.0, max = 100.0)]
    pub(crate) humidity: f64,
    #[asset(kind = "virtual", max = 180, compute = sum(temperature, humidity))]
    pub(crate) sum: f64,
    #[asset(kind = "actuator", unit = "%", max = 100)]
    pub(crate) vent: u8,
    #[asset(kind = "config", unit = "s", min = 1, max = 3600)]
    pub(crate) period: u32,
    /// Commanded to zero, its reciprocal cannot be computed.
    #[asset(kind = "config")]
    pub(crate) divisor: u8,
    #[asset(kind = "virtual", compute = reciprocal(divisor))]
    pub(crate) reciprocal: u8,
    /// Never published.
    pub(crate) secret: String,
}

fn sum(temperature: f64, humidity: f64) -> f64 {
    temperature + humidity
}

fn reciprocal(divisor: u8) -> u8 {
    1 / divisor
}

pub(crate) const SN: &str = "GH-1";

impl Greenhouse {
    pub(crate) fn new() -> Self {
        let secret = "only here".to_owned();
        Self {
            temperature: 20.0,
            humidity: 50.0,
            sum: 0.0,
            vent: 0,
            period: 60,
            divisor: 1,
            reciprocal: 1,
            secret,
        }
    }
}

/// A handler whose behaviour the commanded value decides.
#[derive(Debug, Default)]
pub(crate) struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, device: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        match change.value {
            13 => Err("the vent is stuck".into()),
            66 => panic!("a bug in the handler"),
            77 => std::future::pending().await,
            99 => Ok(101),
            value if value > 90 => Ok(90),
            value => {
                // A handler may set assets of its own device.
                device.set_humidity(f64::from(value)).await?;
                Ok(value)
            }
        }
    }
}

/// Starts a greenhouse on a platform in memory.
pub(crate) async fn start(memory: &MemoryPlatform) -> Result<GreenhouseDevice, ConnectError> {
    memory.platform().device(SN, Greenhouse::new()).handler(Driver).connect().await
}
