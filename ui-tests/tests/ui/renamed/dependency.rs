//! `device = { package = "edge-runtime", .. }`: the program knows the crate by that name only.
#![deny(warnings)]

use device::{Alert, AssetValue, Change, Device, Format, HandlerResult, ReportError};

#[derive(Device, Clone)]
#[device(crate = ::device, alert(Overheated), format(Spectrum))]
#[device(action(blink(#[arg(min = 1)] times: u8, mode: Mode)))]
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

#[derive(Alert)]
#[alert(crate = ::device)]
pub struct Overheated {
    #[alert(max = MOST)]
    celsius: u8,
}

#[derive(Format)]
#[format(crate = device)]
pub struct Spectrum {
    lines: Vec<f64>,
}

const MOST: u8 = 100;

pub struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn blink(&mut self, device: &LampDevice, times: u8, _: Mode) -> HandlerResult<()> {
        report(device, times).await.map_err(Into::into)
    }

    fn bulb(&mut self) -> impl device::HandlerOf<Bulb> {
        device::NoHandler
    }
}

async fn report(lamp: &LampDevice, celsius: u8) -> Result<(), ReportError> {
    lamp.raise(Overheated { celsius }).await?;
    lamp.submit(Spectrum { lines: Vec::new() }).await?;
    Ok(())
}

fn main() {}
