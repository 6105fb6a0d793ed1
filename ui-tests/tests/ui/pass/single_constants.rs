//! Constant defaults of `f32` at their limits, which are read as `f64`.
#![deny(warnings)]
#![deny(clippy::pedantic)]

use edge_runtime::Device;

const TENTH: f32 = 0.1;
const START: f32 = 0.3;
const LEAST: f32 = 0.7;
const MAYBE: Option<f32> = Some(0.1);
const GREAT: f32 = 123_456_789.0;

type Level = f32;

/// Mixes.
#[derive(Device, Clone, Debug)]
pub struct Mixer {
    #[asset(step = 0.1, default = START)]
    share: f32,
    #[asset(max = 0.1, default = TENTH)]
    low: f32,
    #[asset(min = 0.7, default = LEAST)]
    high: f32,
    #[asset(min = 0.3, max = 0.3, step = 0.1, default = 0.1 + 0.2)]
    sum: f32,
    #[asset(min = 123_456_790, max = 123_456_790, default = GREAT)]
    great: f32,
    #[asset(max = 0.1, step = 0.1, default = MAYBE)]
    some: Option<f32>,
    #[asset(min = 0.3, max = 0.3, step = 0.1, default = START)]
    level: Level,
}

pub(crate) fn main() {
    for attribute in Mixer::MODEL.document().attributes {
        let default = attribute.default.clone().unwrap();
        assert!(attribute.asset.profile.check(&default).is_ok(), "{default}");
    }
}
