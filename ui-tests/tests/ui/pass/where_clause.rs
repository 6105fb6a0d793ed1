//! A `where` clause without parameters says nothing of the device.
#![deny(warnings)]

use edge_runtime::{Alert, AssetValue, Device};

#[derive(Device, Clone)]
#[device(alert(TooHot))]
pub struct Lamp
where
    u8: Copy,
{
    #[asset(kind = "actuator")]
    level: u8,
    #[asset]
    colour: Colour,
}

#[derive(AssetValue, Clone)]
pub struct Colour
where
    u8: Copy,
{
    red: u8,
}

#[derive(Alert)]
pub struct TooHot
where
    u8: Copy,
{
    celsius: u8,
}

pub(crate) fn main() {
    assert_eq!(Lamp::MODEL.assets.len(), 2);
}
