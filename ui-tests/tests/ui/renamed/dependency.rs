//! `device = { package = "edge-runtime", .. }`: the program knows the crate by that name only.
#![deny(warnings)]

use device::{AssetValue, Change, Device, HandlerResult};

#[derive(Device, Clone)]
#[device(crate = ::device)]
pub struct Lamp {
    #[asset(kind = "actuator", max = MOST)]
    level: u8,
    #[asset(kind = "config")]
    mode: Mode,
    #[device(child)]
    bulb: Bulb,
}

#[derive(Device, Clone)]
#[device(crate = device)]
pub struct Bulb {
    #[asset]
    hours: u32,
}

#[derive(AssetValue, Clone)]
#[asset_value(crate = device)]
pub enum Mode {
    Eco,
    Boost,
}

const MOST: u8 = 100;

pub struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    fn bulb(&mut self) -> impl device::HandlerOf<Bulb> {
        device::NoHandler
    }
}

fn main() {}
