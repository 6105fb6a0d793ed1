//! x
#![allow(clippy::unwrap_used)]
#[path = "../it/virtual_device/mod.rs"]
mod virtual_device;
