//! edge-runtime under another name.
#![deny(warnings)]

extern crate edge_runtime as device;

mod inner {
    pub(crate) use ::device::*;
}

#[derive(device::Device, Clone)]
#[device(crate = ::device)]
pub struct Lamp {
    #[asset(kind = "config")]
    level: Level,
    #[device(child)]
    bulb: Bulb,
}

#[derive(device::Device, Clone)]
#[device(crate = crate::inner)]
pub struct Bulb {
    #[asset]
    hours: u32,
}

#[derive(device::AssetValue, Clone)]
#[asset_value(crate = crate::inner)]
pub struct Level {
    percent: u8,
}

fn main() {}
