//! Which items cannot be devices, values, alerts, data formats or actions, whatever their keys, and what is said of them.
//!
//! A device is a struct with named fields, and without parameters:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! enum Lamp { On } // `Device` can only be derived for a struct with named fields, found an enum; ..
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp(u8); // .., found a tuple struct; write `struct Lamp { .. }`
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp; // .., found a struct without fields; write `struct Lamp { .. }`
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone, Copy)]
//! union Lamp { // .., found a union; write `struct Lamp { .. }`
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp<T> { // `Lamp` cannot have type parameters: a device declares one constant model; ..
//!     #[asset]
//!     level: T,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp<'a> { // .. lifetime parameters: ..
//!     #[asset]
//!     level: u8,
//!     place: &'a str,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp<const N: usize> { // .. const parameters: ..
//!     #[asset]
//!     level: u8,
//!     bulbs: [u8; N],
//! }
//! ```
//!
//! A value is an enum of unit variants, or a struct with named fields, without parameters; it does not contain itself:
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! enum Colour {
//!     Rgb(u8, u8, u8), // variant `Rgb` carries data, asset values are enums of unit variants
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! enum Colour {} // `Colour` has no variants, so it has no values
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! struct Rgb(u8, u8, u8); // .. found a tuple struct; write `struct Rgb { .. }`
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone, Copy)]
//! union Colour { // .. found a union; write `struct Colour { .. }`
//!     red: u8,
//!     blue: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! struct Pair<T> { // `Pair` cannot have type parameters: a value type declares one constant model; ..
//!     first: T,
//!     second: T,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! struct Room {
//!     rooms: Vec<Room>, // a value cannot contain itself: `Room` has no finite profile
//! }
//! ```
//!
//! An alert is a struct with named fields, or without any, and without parameters; so is a data format:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Alert)]
//! enum TooHot { Here } // `Alert` can only be derived for a struct with named fields, or without any, found an enum
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Alert)]
//! struct TooHot(f64); // .., found a tuple struct; write `struct TooHot { .. }`
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Alert)]
//! struct TooHot<T> { // `TooHot` cannot have type parameters: ..
//!     temperature: T,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Format)]
//! enum Sample { Here } // `Format` can only be derived for ..
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Format)]
//! struct Sample(f64); // .., found a tuple struct; write `struct Sample { .. }`
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Format)]
//! struct Sample<'a> { // `Sample` cannot have lifetime parameters: ..
//!     text: &'a str,
//! }
//! ```
//!
//! An action is a name, with arguments whose types are owned values, and without a receiver, a result or defaults:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action("reboot"))] // an action is written as a method is, without quotes, as in `action(reboot)`; ..
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(to)))] // the argument `to` needs a type, as in `to: f64`
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(to: u8 = 5)))] // an argument has no default; one that is an `Option` may be left out
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(to: &str)))] // an argument is owned, as in `text: String`
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(&self, to: u8)))] // the method is given `&mut self` and the device anyway; ..
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(to: u8) -> u8))] // an action has no result besides that it was done; remove this
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail,E0277
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(dim(to: Rgb)))] // `Rgb` cannot be the value of an asset
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//!
//! #[derive(Clone)]
//! struct Rgb(u8, u8, u8);
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! #[device(action(reboot), action(reboot))] // action name `reboot` is used twice
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
