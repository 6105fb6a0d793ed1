//! Keywords as names: on the wire they are the plain words.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types)]

use edge_runtime::{AssetValue, Change, Device, HandlerResult};

#[derive(Device, Clone)]
struct r#match {
    #[asset(kind = "actuator")]
    r#type: u8,
    #[asset(kind = "virtual", compute = same(r#type))]
    r#loop: u8,
    #[asset]
    r#where: r#enum,
}

#[derive(AssetValue, Clone)]
enum r#enum {
    r#if,
    Else,
}

fn same(value: u8) -> u8 {
    value
}

struct Driver;

impl matchHandler for Driver {
    async fn on_type(&mut self, device: &matchDevice, change: Change<u8>) -> HandlerResult<u8> {
        device.set_where(r#enum::Else).await?;
        Ok(change.value + device.r#type() + device.r#loop())
    }
}

pub(crate) fn main() {
    let names: Vec<_> = r#match::MODEL.assets.iter().map(|asset| (asset.name, asset.title)).collect();
    assert_eq!(names, [("type", "Type"), ("loop", "Loop"), ("where", "Where")]);
    assert_eq!(r#match::MODEL.urn, concat!("urn:edge:", env!("CARGO_PKG_NAME"), ":match:1"));
    assert_eq!(r#enum::profile().allowed, ["if", "else"]);
}
