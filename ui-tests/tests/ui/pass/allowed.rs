//! What is allowed of a struct or a field is allowed of what is made of it.
#![deny(warnings, nonstandard_style)]

use edge_runtime::{AssetValue, Change, Device, HandlerOf, HandlerResult, NoHandler};

#[derive(Device, Clone)]
#[allow(non_camel_case_types, non_snake_case)]
pub struct desk_lamp {
    #[asset(kind = "actuator", default = 5)]
    Level: u8,
    #[asset]
    burningHours: u32,
    #[allow(dead_code)]
    serial: u8,
    #[device(child)]
    Bulb: Bulb,
}

#[derive(Device, Clone)]
pub struct Bulb {
    #[asset]
    colour: Colour,
}

#[derive(AssetValue, Clone)]
#[allow(non_snake_case)]
pub struct Colour {
    Red: u8,
}

pub struct Driver;

#[allow(non_snake_case)]
impl desk_lampHandler for Driver {
    async fn on_Level(&mut self, lamp: &desk_lampDevice, change: Change<u8>) -> HandlerResult<u8> {
        lamp.set_burningHours(lamp.burningHours() + 1).await?;
        Ok(change.value)
    }
    fn Bulb(&mut self) -> impl HandlerOf<Bulb> {
        NoHandler
    }
}

pub(crate) fn main() {
    let names: Vec<_> = desk_lamp::MODEL.assets.iter().map(|asset| asset.name).collect();
    assert_eq!(names, ["Level", "burningHours"]);
}
