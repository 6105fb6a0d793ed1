//! Aliases and defaults of all types, in documents.
#![deny(warnings)]
#![deny(clippy::pedantic)]

use std::time::Duration;

use edge_runtime::{AssetValue, Device};

/// How it works.
#[derive(AssetValue, Clone, Debug, PartialEq)]
enum Mode {
    /// With little.
    Eco,
    /// With all.
    Fast,
}

const LEVEL: u8 = 7;

/// Lights.
#[derive(Device, Clone, Debug)]
pub(crate) struct Lamp {
    #[asset(alias = "light", max = 100, default = LEVEL)]
    level: u8,
    #[asset(default = 20)]
    warmth: f64,
    #[asset(default = -40)]
    least: f32,
    #[asset(default = -5)]
    offset: i8,
    #[asset(default = "new")]
    label: String,
    #[asset(default = true)]
    on: bool,
    #[asset(default = Some(3))]
    retries: Option<u8>,
    #[asset(default = None)]
    note: Option<String>,
    #[asset(alias = "how", default = Mode::Fast)]
    mode: Mode,
    #[asset(default = Duration::from_secs(90))]
    fade: Duration,
    #[asset(default = vec![1, 2])]
    steps: Vec<u8>,
}

pub(crate) fn main() {
    let model = Lamp::MODEL.document();
    let defaults =
        model.attributes.iter().map(|attribute| attribute.default.clone().unwrap_or_default().to_string());
    let expected =
        ["7", "20.0", "-40.0", "-5", "\"new\"", "true", "3", "null", "\"fast\"", "\"PT1M30S\"", "[1,2]"];
    assert_eq!(defaults.collect::<Vec<_>>(), expected);
    assert_eq!(Lamp::MODEL.assets[0].alias, "light");
    assert_eq!(model.attribute("how").map(|attribute| attribute.asset.name.as_str()), Some("mode"));
}
