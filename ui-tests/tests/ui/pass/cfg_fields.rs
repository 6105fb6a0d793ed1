//! Fields that are configured away are no assets.
#![deny(warnings)]

use edge_runtime::{AssetValue, Device};

#[derive(Device, Clone)]
pub struct Lamp {
    #[cfg(any())]
    #[asset(kind = "actuator")]
    away: Missing,
    #[cfg(all())]
    #[asset(kind = "config")]
    on: bool,
    #[cfg_attr(all(), asset(name = "level"))]
    brightness: u8,
    #[asset]
    mode: Mode,
}

#[derive(AssetValue, Clone)]
pub enum Mode {
    #[cfg(any())]
    Away,
    #[cfg(all())]
    Here,
}

pub(crate) fn main() {
    let names: Vec<_> = Lamp::MODEL.assets.iter().map(|asset| asset.name).collect();
    assert_eq!(names, ["on", "level", "mode"]);
    assert_eq!(Mode::profile().allowed, ["here"]);
}
