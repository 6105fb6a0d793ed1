//! Constants of `f32`: defaults at their limits, which are read as `f64`, and limits.
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
    #[asset(min = -TENTH, max = LEAST, step = TENTH)]
    around: f32,
    #[asset(min = TENTH as f64, max = GREAT)]
    wide: f64,
}

pub(crate) fn main() {
    let document = Mixer::MODEL.document();
    for (attribute, default) in document.attributes.iter().filter_map(|it| Some((it, it.default.as_ref()?))) {
        assert!(attribute.asset.profile.check(default).is_ok(), "{default}");
    }
    let profile = |index: usize| Mixer::MODEL.assets[index].profile().to_string();
    assert_eq!(profile(7), "number -0.1..0.7 step 0.1");
    // Widened by the user, it has the digits that it has then.
    assert_eq!(profile(8), "number 0.10000000149011612..123456790");
}
