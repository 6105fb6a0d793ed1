//! What does not compile, and what is said of it. All mistakes are shown at once. What an item cannot be, whatever its keys, is on
//! the page [`forms`](super::forms).
//!
//! A key that there is not:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(knd = "sensor")] // unknown asset key `knd`, did you mean `kind`?
//!     level: u8,
//! }
//! ```
//!
//! A key of other libraries, for what is said in another way here:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(range = 0..100)] // unknown asset key `range`, limits are two keys: `min = 0, max = 100`
//!     level: u8,
//! }
//! ```
//!
//! A unit behind a number:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(max = 90C)] // `max` is a number, found `90C`; remove `C`; a unit is given by `unit = "C"`
//!     temperature: f64,
//! }
//! ```
//!
//! A kind that there is not:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "senzor")] // unknown asset kind `senzor`, did you mean `sensor`?
//!     level: u8,
//! }
//! ```
//!
//! Limits that contradict each other, or the type:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(min = 10, max = 5)] // `max` (5) is less than `min` (10) for asset `level`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(max = 1)] // `max` applies to numbers, and `on` is a `bool`
//!     on: bool,
//! }
//! ```
//!
//! A default beyond the limits, or of what is computed:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(max = 100, default = 101)] // `default` (101) is more than `max` (100) of asset `level`
//!     level: u8,
//! }
//! ```
//!
//! An alias that is taken:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(alias = "hours")] // alias `hours` is used twice
//!     level: u8,
//!     #[asset]
//!     hours: u32,
//! }
//! ```
//!
//! A virtual asset that depends on itself:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "virtual", compute = u8::max(b, b))]
//!     a: u8,
//!     #[asset(kind = "virtual", compute = u8::min(a, a))] // .. in a cycle: `a` -> `b` -> `a`
//!     b: u8,
//! }
//! ```
//!
//! Rules of delivery that there are not, or that contradict each other:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(retention = "disk")] // unknown retention `disk`, did you mean `stored`?
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(qos = 2)] // `qos` is 0 (sent once) or 1 (sent until acknowledged), found `2`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(expiry = "1h30m")] // `expiry` is one number and one unit ..; write `"90m"`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(capacity = 0)] // `capacity` is an integer from 1 to 4294967295, found `0`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail,E0080
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(capacity = MOST)] // `capacity` is an integer from 1 to 4294967295
//!     level: u8,
//! }
//!
//! const MOST: usize = 0;
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(qos = 0, retention = "stored")] // `qos = 0` contradicts `retention = "stored"`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(retention = "discard", expiry = "5s")] // `expiry` contradicts `retention = "discard"`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(overflow = "latest", capacity = 5)] // `capacity` contradicts `overflow = "latest"`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(timeout = "5s")] // only actuators and configs have a handler to limit
//!     level: u8,
//! }
//! ```
//!
//! A type that is no value:
//!
//! ```compile_fail,E0277
//! #[derive(Clone)]
//! struct Rgb(u8, u8, u8);
//!
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset]
//!     colour: Rgb, // `Rgb` cannot be the value of an asset
//! }
//! ```
//!
//! An actuator that nobody handles:
//!
//! ```compile_fail,E0046
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "actuator")]
//!     level: u8,
//! }
//!
//! struct Driver;
//! impl LampHandler for Driver {} // missing: `on_level`
//! ```
//!
//! A child device in an `Option` or a `Vec`, or of a type that is no device:
//!
//! ```compile_fail
//! # #[derive(edge_runtime::Device, Clone)]
//! # struct Drone { #[asset] battery: u8 }
//! #[derive(edge_runtime::Device, Clone)]
//! struct Dock {
//!     #[device(child)] // `#[device(child)]` declares one device that is always there
//!     drone: Option<Drone>,
//! }
//! ```
//!
//! ```compile_fail,E0277
//! #[derive(Clone)]
//! struct Drone {
//!     battery: u8,
//! }
//!
//! #[derive(edge_runtime::Device, Clone)]
//! struct Dock {
//!     #[device(child)]
//!     drone: Drone, // `Drone` is not a device
//! }
//! ```
//!
//! A virtual asset of a child:
//!
//! ```compile_fail
//! # #[derive(edge_runtime::Device, Clone)]
//! # struct Drone { #[asset] battery: u8 }
//! #[derive(edge_runtime::Device, Clone)]
//! struct Dock {
//!     #[device(child)]
//!     drone: Drone,
//!     #[asset(kind = "virtual", compute = charge(drone))] // `drone` is a child device, not an asset
//!     charge: u8,
//! }
//! # fn charge(drone: Drone) -> u8 { drone.battery }
//! ```
//!
//! A child with an actuator that nobody handles:
//!
//! ```compile_fail,E0277
//! # use edge_runtime::{Device, HandlerOf, NoHandler};
//! # #[derive(Device, Clone)]
//! # struct Drone { #[asset(kind = "actuator")] light: bool }
//! #[derive(Device, Clone)]
//! struct Dock {
//!     #[device(child)]
//!     drone: Drone,
//! }
//!
//! struct Driver;
//! impl DockHandler for Driver {
//!     fn drone(&mut self) -> impl HandlerOf<Drone> {
//!         NoHandler // `NoHandler` does not handle the commands of `Drone`
//!     }
//! }
//! ```
//!
//! A key of another attribute, a key that is given twice, a value of the wrong type:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(model = "urn:example:lamp:1")] // it belongs on the struct: `#[device(model = ..)]`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(min = 1, min = 2)] // `min` is given twice
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(min = "1")] // `min` is a number, found a string; remove the quotes: `1`
//!     level: u8,
//! }
//! ```
//!
//! A name that cannot be on the wire, or is there already:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(name = "a/b")] // contains '/', which has a meaning in MQTT topics
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(name = "level")]
//!     brightness: u8,
//!     #[asset]
//!     level: u8, // asset name `level` is used twice
//! }
//! ```
//!
//! A virtual asset that is not computed, and another that is:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "virtual")] // virtual asset `level` needs `compute = function(asset, ..)`
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset]
//!     on: u8,
//!     #[asset(compute = u8::count_ones(on))] // only assets with `kind = "virtual"` are computed
//!     level: u32,
//! }
//! ```
//!
//! A limit that the type cannot have, whether it is a literal or a constant:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(max = 300)] // `max` is 300, which no `u8` can be: it is 0..255
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail,E0080
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(max = MOST)] // `max` is beyond what a `u8` can be: 0..255
//!     level: u8,
//! }
//!
//! const MOST: u32 = 300;
//! ```
//!
//! A device that cannot be cloned:
//!
//! ```compile_fail,E0277
//! #[derive(edge_runtime::Device)]
//! struct Lamp {
//!     // the trait bound `Lamp: Clone` is not satisfied
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! A device without assets:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     level: u8, // `Lamp` has no assets; mark a field with `#[asset(kind = "sensor")]`
//! }
//! ```
//!
//! A setter whose receipt is asked for before it is awaited:
//!
//! ```compile_fail,E0277
//! # #[derive(edge_runtime::Device, Clone)]
//! # struct Lamp { #[asset] level: u8 }
//! async fn dim(lamp: &LampDevice) {
//!     let _ = lamp.set_level(5).delivered().await; // `.await?` is missing before `.delivered()`
//! }
//! ```
