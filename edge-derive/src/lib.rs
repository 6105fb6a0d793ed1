//! The derive macros of edge-runtime, which re-exports them: use them from there, and see its module
//! `attributes` for what can be written.
//!
//! An input goes through four steps, one module each: `attribute` reads `key = value` lists,
//! `model` makes of them what the struct declares, `check` says what is wrong with it, `expand`
//! writes the code. Mistakes are collected in `diagnostics` on the way, and the code is written all
//! the same, so that a mistake in one place makes no noise in another.

use proc_macro::TokenStream;

mod attribute;
mod case;
mod check;
mod diagnostics;
mod expand;
mod guard;
mod model;
mod suggest;
#[cfg(test)]
mod tests;

/// Makes a struct with named fields a device.
///
/// Generates, for a struct `Greenhouse`: the handle `GreenhouseDevice` with a getter and a setter for
/// each asset, the trait `GreenhouseHandler` with a method for each actuator, config and child device, and
/// the implementations that bring them together.
#[proc_macro_derive(Device, attributes(device, asset))]
pub fn derive_device(input: TokenStream) -> TokenStream {
    guard::run("Device", input.into(), expand::device, expand::device_stub).into()
}

/// Makes a struct with named fields, or without any, an alert that devices raise.
#[proc_macro_derive(Alert, attributes(alert))]
pub fn derive_alert(input: TokenStream) -> TokenStream {
    guard::run("Alert", input.into(), expand::alert, expand::alert_stub).into()
}

/// Makes a struct with named fields, or without any, a data format that devices submit.
#[proc_macro_derive(Format, attributes(format))]
pub fn derive_format(input: TokenStream) -> TokenStream {
    guard::run("Format", input.into(), expand::format, expand::format_stub).into()
}

/// Makes a unit enum, or a struct with named fields, the value of an asset.
#[proc_macro_derive(AssetValue, attributes(asset_value))]
pub fn derive_asset_value(input: TokenStream) -> TokenStream {
    guard::run("AssetValue", input.into(), expand::asset_value, expand::asset_value_stub).into()
}
