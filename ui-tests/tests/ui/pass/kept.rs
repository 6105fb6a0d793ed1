//! What a device keeps for itself is seen by one thread at a time; a handler may borrow what lives as long as the program.
#![deny(warnings)]
use std::cell::Cell;

use edge_runtime::{Change, Device, HandlerResult, Platform};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(kind = "actuator")]
    level: u8,
    changes: Cell<u32>,
}

pub struct Driver<'a> {
    name: &'a str,
}

impl LampHandler for Driver<'_> {
    async fn on_level(&mut self, _: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        assert!(!self.name.is_empty());
        Ok(change.value)
    }
}

pub async fn run(platform: Platform) {
    let lamp = Lamp { level: 5, changes: Cell::new(0) };
    lamp.changes.set(lamp.changes.get() + 1);
    platform.device("L-1", lamp).handler(Driver { name: "hall" }).connect().await.unwrap();
}

fn main() {}
