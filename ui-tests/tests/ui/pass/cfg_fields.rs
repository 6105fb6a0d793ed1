//! Fields and variants that are configured away are none. Compiled in both configurations.
#![deny(warnings)]

use edge_runtime::{AssetValue, Device};

#[derive(Device, Clone)]
pub struct Lamp {
    #[cfg(feature = "other")]
    #[asset(kind = "actuator")]
    away: Other,
    #[cfg(not(feature = "other"))]
    #[asset(kind = "config")]
    on: bool,
    #[cfg_attr(feature = "other", asset(name = "level"))]
    #[cfg_attr(not(feature = "other"), asset)]
    brightness: u8,
    #[asset]
    mode: Mode,
    #[cfg(feature = "other")]
    #[device(child)]
    bulb: Bulb,
}

#[derive(AssetValue, Clone)]
pub enum Mode {
    #[cfg(feature = "other")]
    Away,
    #[cfg(not(feature = "other"))]
    Here,
}

#[cfg(feature = "other")]
#[derive(AssetValue, Clone)]
pub struct Other {
    #[cfg(all())]
    there: u8,
    #[cfg(any())]
    missing: Missing,
}

#[cfg(feature = "other")]
#[derive(Device, Clone)]
pub struct Bulb {
    #[asset]
    hours: u32,
}

pub(crate) fn main() {
    let names: Vec<_> = Lamp::MODEL.assets.iter().map(|asset| asset.name).collect();
    let (expected, mode) = match cfg!(feature = "other") {
        true => (["away", "level", "mode"], "away"),
        false => (["on", "brightness", "mode"], "here"),
    };
    assert_eq!(names, expected);
    assert_eq!(Mode::profile().allowed, [mode]);
    assert_eq!(Lamp::MODEL.children.len(), usize::from(cfg!(feature = "other")));
}
