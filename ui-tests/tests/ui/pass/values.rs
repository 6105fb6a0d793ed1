//! Values of one's own: enums, structs, and what they have on the wire.
#![deny(warnings, missing_docs)]
#![allow(clippy::unwrap_used)]

use edge_runtime::AssetValue;
use serde_json::json;

/// How it heats.
#[derive(AssetValue, Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// With little.
    Eco,
    /// With all.
    FullPower = 7,
    /// As it likes.
    #[asset_value(name = "AUTO")]
    Automatic,
}

/// When and how.
#[derive(AssetValue, Clone, Debug, PartialEq)]
#[asset_value(rename_all = "camelCase")]
pub struct Schedule {
    start_hour: u8,
    #[asset_value(name = "mode")]
    how: Mode,
    until: Option<f64>,
    steps: Vec<Mode>,
}

fn check(schedule: Schedule, expected: serde_json::Value) {
    let mut out = Vec::new();
    schedule.encode(&mut out);
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json, expected);
    Schedule::profile().check(&json).unwrap();
    assert_eq!(Schedule::decode(json), Ok(schedule));
}

pub(crate) fn main() {
    let schedule = Schedule { start_hour: 7, how: Mode::FullPower, until: None, steps: vec![Mode::Automatic] };
    let nan = Schedule { until: Some(f64::NAN), ..schedule.clone() };
    check(schedule, json!({"startHour": 7, "mode": "full_power", "until": null, "steps": ["AUTO"]}));
    let refused = Schedule::decode(json!({"startHour": 7, "mode": "eko", "steps": []})).unwrap_err();
    assert_eq!(refused.to_string(), "mode: `eko` is not one of `eco`, `full_power`, `AUTO`");
    let refused = nan.check(&Schedule::profile().limits()).unwrap_err();
    assert_eq!(refused.to_string(), "until: NaN is not a finite number");
}
