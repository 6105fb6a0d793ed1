//! edge-runtime under another name.
#![deny(warnings)]

extern crate edge_runtime as device;

mod inner {
    pub(crate) use ::device::*;

    #[derive(Format)]
    #[format(crate = self)]
    pub struct Spectrum {
        pub(crate) lines: Vec<f64>,
    }
}

#[derive(device::Device, Clone)]
#[device(crate = ::device, alert(Overheated), format(inner::Spectrum))]
#[device(action(blink(#[arg(min = 1)] times: u8, level: Option<Level>)))]
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

#[derive(device::Alert)]
#[alert(crate = crate::inner)]
pub struct Overheated {
    #[alert(unit = "°C")]
    celsius: Option<u8>,
}

pub struct Driver;

impl LampHandler for Driver {
    async fn blink(&mut self, device: &LampDevice, times: u8, _: Option<Level>) -> device::HandlerResult<()> {
        device.raise(Overheated { celsius: Some(times) }).await?;
        device.submit(inner::Spectrum { lines: Vec::new() }).await?;
        Ok(())
    }

    fn bulb(&mut self) -> impl device::HandlerOf<Bulb> {
        device::NoHandler
    }
}

fn main() {}
