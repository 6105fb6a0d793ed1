//! Policies, staleness and pipelines, in all their forms.
#![deny(warnings)]
#![allow(dead_code)]

use edge_runtime::Device;
use edge_runtime::policy::Pipeline;

const WIDTH: f32 = 0.5;

#[derive(Device, Clone)]
struct Station {
    #[asset(publish(on_change))]
    name: String,
    #[asset(publish(deadband = 0))]
    whole: u64,
    #[asset(publish(deadband = WIDTH * 2.0, on_change))]
    constant: f64,
    #[asset(publish(deadband = 0.1))]
    optional: Option<f64>,
    #[asset(publish(min_interval = "1s", max_interval = "1s"))]
    steady: bool,
    #[asset(publish(on_change, deadband = 0.2, min_interval = "1s", max_interval = "5m"), stale_after = "10m")]
    all: f32,
    #[asset(kind = "virtual", compute = twice(all), publish(deadband = 1.0, min_interval = "1s"))]
    computed: f32,
    #[asset(kind = "config", pipeline = filters::positive)]
    level: i8,
    #[asset(retention = "stored", publish(on_change, max_interval = "1h"))]
    kept: u8,
}

fn twice(all: f32) -> f32 {
    all * 2.0
}

mod filters {
    use super::Pipeline;

    pub(crate) fn positive() -> Pipeline<i8> {
        Pipeline::new().filter(|v| *v > 0)
    }
}

fn main() {
    let rules = |index: usize| Station::MODEL.assets[index].rules;
    assert!(rules(0).publish.on_change);
    assert_eq!(rules(2).publish.deadband, Some(1.0));
    assert_eq!(rules(5).stale_after, Some(std::time::Duration::from_secs(600)));
    assert!(rules(7).pipeline.is_some());
}
