//! Two devices in one module with the same fields.
#![deny(warnings, missing_docs)]

use edge_runtime::Device;

/// One.
#[derive(Device, Clone)]
pub struct Upper {
    #[asset(kind = "actuator")]
    level: u8,
    #[asset(kind = "virtual", compute = half(level))]
    half: u8,
}

/// Another.
#[derive(Device, Clone)]
pub struct Lower {
    #[asset(kind = "actuator")]
    level: u8,
    #[asset(kind = "virtual", compute = half(level))]
    half: u8,
}

fn half(level: u8) -> u8 {
    level / 2
}

fn main() {
    let titles: Vec<_> = edge_runtime::catalog().map(|model| model.title).collect();
    assert_eq!(titles, ["Lower", "Upper"]);
}
