//! All rules of delivery, with literals and constants, and what they come to.
#![deny(warnings)]
#![deny(clippy::all, clippy::pedantic)]
#![deny(missing_docs)]

use std::time::Duration;

use edge_runtime::model::{AssetRules, Overflow, QoS, Retention};
use edge_runtime::{Change, Device, HandlerResult};

mod limits {
    pub(crate) const STATES: usize = 500;
}

const KIBIBYTE: usize = 1024;

/// Measures.
#[derive(Device, Clone, Debug)]
pub struct Meter {
    #[asset]
    plain: f64,
    #[asset(qos = 0, retention = "discard", overflow = "drop-newest")]
    spectrum: Vec<f64>,
    #[asset(qos = 1, retention = "stored", expiry = "7d", overflow = "drop-oldest", capacity = 1_000)]
    energy: u64,
    #[asset(retention = "volatile", overflow = "latest", expiry = "1500 ms")]
    power: f64,
    #[asset(overflow = "wait", capacity = limits::STATES, capacity_bytes = 64 * KIBIBYTE)]
    events: String,
    #[asset(kind = "virtual", compute = f64::abs(power), retention = "stored", expiry = "1h")]
    load: f64,
    #[asset(kind = "config", timeout = "2m")]
    period: u32,
    /// With every rule
    #[asset(kind = "actuator", timeout = "5s", qos = 1, retention = "stored", expiry = "30m")]
    #[asset(overflow = "drop-newest", capacity = 10, capacity_bytes = 4096)]
    relay: bool,
}

struct Driver;

impl MeterHandler for Driver {
    async fn on_relay(&mut self, _: &MeterDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value)
    }
}

pub(crate) fn main() {
    let of = |name: &str| {
        let asset = Meter::MODEL.assets.iter().find(|asset| asset.name == name);
        asset.expect("an asset").rules
    };
    let default = AssetRules::DEFAULT;
    let hour = Duration::from_hours(1);
    assert_eq!(of("plain"), default);
    let spectrum = AssetRules {
        qos: QoS::AtMostOnce,
        retention: Retention::Discard,
        overflow: Overflow::DropNewest,
        ..default
    };
    assert_eq!(of("spectrum"), spectrum);
    let energy = AssetRules {
        retention: Retention::Stored,
        expiry: Some(7 * 24 * hour),
        overflow: Overflow::DropOldest,
        capacity: Some(1000),
        ..default
    };
    assert_eq!(of("energy"), energy);
    let power =
        AssetRules { overflow: Overflow::Latest, expiry: Some(Duration::from_millis(1500)), ..default };
    assert_eq!(of("power"), power);
    let events = AssetRules { capacity: Some(500), capacity_bytes: Some(65536), ..default };
    assert_eq!(of("events"), events);
    let load = AssetRules { retention: Retention::Stored, expiry: Some(hour), ..default };
    assert_eq!(of("load"), load);
    assert_eq!(of("period"), AssetRules { timeout: Some(hour / 30), ..default });
    let relay = AssetRules {
        qos: QoS::AtLeastOnce,
        retention: Retention::Stored,
        expiry: Some(hour / 2),
        capacity: Some(10),
        capacity_bytes: Some(4096),
        overflow: Overflow::DropNewest,
        timeout: Some(Duration::from_secs(5)),
        ..default
    };
    assert_eq!(of("relay"), relay);
    let _ = |device: &MeterDevice| (device.spectrum(), device.events(), device.load(), device.period());
    let _ = Driver;
}
