//! A name may begin with `_`: it is a name like any other, in the program and on the wire.
#![deny(warnings, nonstandard_style)]

use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    _level: u8,
    #[asset]
    _unused: bool,
}

pub struct Driver;

impl LampHandler for Driver {
    async fn on__level(&mut self, lamp: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        lamp.set__unused(lamp._level() == 0).await?;
        Ok(change.value)
    }
}

pub(crate) fn main() {
    let names: Vec<_> = Lamp::MODEL.assets.iter().map(|asset| [asset.name, asset.title]).collect();
    assert_eq!(names, [["_level", "Level"], ["_unused", "Unused"]]);
}
