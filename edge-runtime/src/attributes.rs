//! What can be written in `#[device(..)]`, `#[asset(..)]` and `#[asset_value(..)]`. Documentation only.
//!
//! All three are lists of `key = value`. A key is given once, also when there are several attributes.
//! A key that is not on this page is an error, with a suggestion; so is a value of the wrong type, and
//! whatever the `error when` columns say. All mistakes are shown in one compile. (The type that is no
//! [`AssetValue`](crate::AssetValue), the unhandled actuator and the wrong handler are refused by rustc
//! itself, in its own words.)
//!
//! # `#[derive(Device)]`
//!
//! On a struct with named fields and without parameters, which is [`Clone`]. Fields with `#[asset]` are
//! its assets, at most 1,024; fields with `#[device(child)]` are its child devices; the others are private
//! state, and never published. For a struct `Greenhouse` the derive makes, as visible as the struct:
//!
//! - `GreenhouseDevice`, the handle: for each asset a getter `name()` and, unless it is virtual, a setter
//!   `set_name(value)`, both as visible as the field; for each child device its handle, `name()`;
//!   `update(|greenhouse| ..)` for transactions; `snapshot()`. It dereferences to
//!   [`DeviceHandle`](crate::DeviceHandle).
//! - `GreenhouseHandler`, if there is an actuator, a config or a child device: an `async` method `on_name`
//!   for each actuator and config. An actuator's must be written, a config's accepts the value unless it
//!   is written. For each child device a method `name` that returns its handler.
//! - `Greenhouse::MODEL`, which [`catalog`](crate::catalog) lists.
//!
//! ```
//! use edge_runtime::{Change, Device, HandlerResult};
//!
//! /// Keeps a greenhouse cool.
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:greenhouse:1", overwrite_assets = false)]
//! pub struct Greenhouse {
//!     /// Air temperature
//!     #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
//!     temperature: f64,
//!     #[asset(kind = "virtual", unit = "°F", compute = fahrenheit(temperature))]
//!     fahrenheit: f64,
//!     #[asset(kind = "actuator", unit = "%", max = 100, step = 5)]
//!     vent: u8,
//!     #[asset(kind = "config", unit = "s", min = 1, max = 3600)]
//!     period: u32,
//!     calibrated: bool,
//! }
//!
//! fn fahrenheit(celsius: f64) -> f64 {
//!     celsius * 1.8 + 32.0
//! }
//!
//! struct Driver;
//!
//! impl GreenhouseHandler for Driver {
//!     async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
//!         Ok(change.value)
//!     }
//! }
//!
//! let titles: Vec<_> = Greenhouse::MODEL.assets.iter().map(|asset| asset.title).collect();
//! assert_eq!(titles, ["Temperature", "Fahrenheit", "Vent", "Period"]);
//! assert_eq!(Greenhouse::MODEL.description, "Keeps a greenhouse cool.");
//! assert_eq!(Greenhouse::MODEL.assets[2].profile().to_string(), "integer 0..100 step 5 %");
//! ```
//!
//! ## `#[device(..)]`, on the struct
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `model` | string | `urn:edge:<crate>:<struct-name>:1` | the model's URN | empty, or with white space |
//! | `title` | string | the struct's name in words | for people | empty, with control characters, or above 1 KiB |
//! | `description` | string | first paragraph of the doc comment | for people | as `title` |
//! | `asset_type` | `"unknown"`, `"aircraft"`, `"dock"`, `"sensor"`, `"camera"`, `"other"` | `"unknown"` | what sort of thing it is, see [`AssetType`](crate::AssetType) | anything else |
//! | `vendor` | string | not said | who makes it, see [`AssetVendor`](crate::AssetVendor) | as `title` |
//! | `overwrite_assets` | `false`, `true`, `"prune"` | `false` | what is done with differences at startup, see [`OverwritePolicy`](crate::model::OverwritePolicy) | anything else |
//! | `rename_all` | `"lowercase"`, `"UPPERCASE"`, `"PascalCase"`, `"camelCase"`, `"snake_case"`, `"SCREAMING_SNAKE_CASE"`, `"kebab-case"`, `"SCREAMING-KEBAB-CASE"` | names as they are | the case of names of assets and children without `name`, as in serde | anything else |
//! | `crate` | path | `::edge_runtime` | where this crate is, if it is renamed or re-exported | no path |
//!
//! ### Key by key
//!
//! `model`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:lamp:1")]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.urn, "urn:example:lamp:1");
//! ```
//!
//! `title` and `description`; without them, the name and the doc comment say it:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(title = "Desk lamp", description = "Lights a desk.")]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.title, "Desk lamp");
//! assert_eq!(Lamp::MODEL.description, "Lights a desk.");
//! ```
//!
//! `asset_type` and `vendor`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(asset_type = "other", vendor = "Acme")]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.asset_type, edge_runtime::AssetType::Other);
//! assert_eq!(Lamp::MODEL.vendor, "Acme");
//! ```
//!
//! `overwrite_assets`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(overwrite_assets = "prune")]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.overwrite_assets.to_string(), "\"prune\"");
//! ```
//!
//! `rename_all`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(rename_all = "kebab-case")]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.assets[0].name, "colour-code");
//! ```
//!
//! `crate`, here where `Cargo.toml` says `device = { package = "edge-runtime", .. }`:
//!
//! ```
//! # extern crate edge_runtime as device;
//! #[derive(device::Device, Clone)]
//! #[device(crate = device)]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! # fn main() {}
//! ```
//!
//! ## `#[asset(..)]`, on a field
//!
//! The type of the field is an [`AssetValue`](crate::AssetValue). `#[asset]` alone is a sensor.
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `kind` | `"sensor"`, `"actuator"`, `"config"`, `"virtual"` | `"sensor"` | who sets it, see [`Kind`](crate::Kind) | anything else |
//! | `name` | string | the field's name, by `rename_all` | the name on the wire | not 1 to 64 letters, digits, `_`, `-`; or used twice, also in another case |
//! | `title` | string | the field's name in words | for people | as for the device |
//! | `description` | string | first paragraph of the doc comment | for people | as for the device |
//! | `unit` | string | none | for people | as `title`; on a `bool` |
//! | `min`, `max` | number, or a constant expression | the type's | values beyond are refused | on what is no number; `min` above `max`; a fraction, or out of range, for an integer |
//! | `step` | number, or a constant expression | none | values that are no multiple are refused | on what is no number; 0 or less |
//! | `compute` | `function(field, ..)` | | how a virtual asset follows from others: the function gets clones of them | missing on a virtual asset; on any other; with an unknown field, or in a cycle |
//!
//! Limits that are not literals are constant expressions of any numeric type, as precise as those. What
//! rustc finds of them is what the macro finds of literals.
//!
//! ### Key by key
//!
//! `kind`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "actuator")]
//!     level: u8,
//!     #[asset]
//!     hours: u32,
//! }
//! assert_eq!(Lamp::MODEL.assets[0].kind, edge_runtime::Kind::Actuator);
//! assert_eq!(Lamp::MODEL.assets[1].kind, edge_runtime::Kind::Sensor);
//! ```
//!
//! `name`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(name = "brightness")]
//!     level: u8,
//! }
//! assert_eq!(Lamp::MODEL.assets[0].name, "brightness");
//! ```
//!
//! `title` and `description`; without them, the name and the doc comment say it:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(title = "Brightness", description = "Of all bulbs")]
//!     level: u8,
//!     /// Since it was made
//!     #[asset]
//!     burning_hours: u32,
//! }
//! let [level, hours] = Lamp::MODEL.assets else { panic!("two assets") };
//! assert_eq!([level.title, level.description], ["Brightness", "Of all bulbs"]);
//! assert_eq!([hours.title, hours.description], ["Burning hours", "Since it was made"]);
//! ```
//!
//! `unit`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(unit = "%")]
//!     level: u8,
//! }
//! assert_eq!(Lamp::MODEL.assets[0].unit, "%");
//! ```
//!
//! `min`, `max` and `step`, as literals and as constants:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(min = 10, max = MOST, step = 5)]
//!     level: u8,
//!     #[asset(min = -40.0)]
//!     temperature: f64,
//! }
//! const MOST: u8 = 90;
//!
//! assert_eq!(Lamp::MODEL.assets[0].profile().to_string(), "integer 10..90 step 5");
//! ```
//!
//! `compute`:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset]
//!     volts: f64,
//!     #[asset]
//!     amperes: f64,
//!     #[asset(kind = "virtual", compute = power(volts, amperes))]
//!     watts: f64,
//! }
//! fn power(volts: f64, amperes: f64) -> f64 {
//!     volts * amperes
//! }
//! assert_eq!(Lamp::MODEL.assets[2].kind, edge_runtime::Kind::Virtual);
//! ```
//!
//! A field whose methods would hide one that every device has (`id`, `model`, `session`, `stats`,
//! `is_online`, `close`, `update`, `snapshot`, `clone`, `parent`, `children`, `add_child`, `remove`) is
//! refused, and so are two fields that make one method. Rename it, and keep its name on the wire with
//! `name`.
//!
//! ## Child devices
//!
//! A field with `#[device(child)]` is a device that is part of this one, and always there. Its type is
//! another device's struct. It has its own assets, handler, presence and serial number; it is registered
//! as a part of its parent, runs on the connection of its parent, and starts and closes with it. The
//! structs hold it as well: `update` changes parent and children in one transaction, `snapshot` is of all.
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `child` | none | | the field is a child device | with a value; next to `#[asset]`; on a type that is no device, such as an `Option` or a `Vec` of them |
//! | `name` | string | the field's name, by `rename_all` | by what it is called in its parent | as for assets; used by another child |
//!
//! The serial number of a child is `{parent's}-{name}`, unless the builder is given another with
//! [`child_sn`](crate::DeviceBuilder::child_sn). Its handler comes from the handler of its parent, which
//! is asked once, when the device starts; for a child that has nothing to command it is
//! [`NoHandler`](crate::NoHandler). A device needs no handler if neither it nor its children have an
//! actuator. Devices that come and go are not declared: they are added while the parent runs, with
//! [`add_child`](crate::DeviceHandle::add_child).
//!
//! ```
//! use edge_runtime::{Change, Device, HandlerOf, HandlerResult};
//! # use edge_runtime::testing::MemoryPlatform;
//!
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:dock:1", asset_type = "dock", vendor = "DJI")]
//! struct Dock {
//!     #[asset(kind = "actuator")]
//!     cover: bool,
//!     /// The drone that lives in it
//!     #[device(child)]
//!     drone: Drone,
//! }
//!
//! #[derive(Device, Clone)]
//! #[device(asset_type = "aircraft")]
//! struct Drone {
//!     #[asset(kind = "actuator")]
//!     light: bool,
//!     #[asset(kind = "sensor", unit = "%", max = 100)]
//!     battery: u8,
//! }
//!
//! struct DockDriver;
//! struct DroneDriver;
//!
//! impl DockHandler for DockDriver {
//!     async fn on_cover(&mut self, dock: &DockDevice, change: Change<bool>) -> HandlerResult<bool> {
//!         dock.drone().set_light(change.value).await?;
//!         Ok(change.value)
//!     }
//!
//!     fn drone(&mut self) -> impl HandlerOf<Drone> {
//!         DroneDriver
//!     }
//! }
//!
//! impl DroneHandler for DroneDriver {
//!     async fn on_light(&mut self, _: &DroneDevice, change: Change<bool>) -> HandlerResult<bool> {
//!         Ok(change.value)
//!     }
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = MemoryPlatform::new().platform();
//! let first = Dock { cover: false, drone: Drone { light: false, battery: 80 } };
//! let dock = platform.device("DOCK-1", first.clone()).handler(DockDriver).connect().await?;
//! assert_eq!(dock.drone().id().as_str(), "DOCK-1-drone");
//! dock.update(|dock| { dock.cover = true; dock.drone.battery = 79 }).await?;
//! assert_eq!(dock.drone().battery(), 79);
//!
//! let builder = platform.device("DOCK-2", first).child_sn("drone", "DRONE-1").handler(DockDriver);
//! let other = builder.connect().await?;
//! assert_eq!(other.drone().id().as_str(), "DRONE-1");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()).unwrap();
//! ```
//!
//! # `#[derive(AssetValue)]`
//!
//! On an enum of unit variants, or a struct with named fields that are values themselves; without
//! parameters, and [`Clone`]. An enum is a string on the wire, a struct an object.
//!
//! ```
//! use edge_runtime::AssetValue;
//!
//! #[derive(AssetValue, Clone)]
//! enum Mode {
//!     Eco,
//!     FullPower,
//!     #[asset_value(name = "AUTO")]
//!     Automatic,
//! }
//!
//! #[derive(AssetValue, Clone)]
//! #[asset_value(rename_all = "camelCase")]
//! struct Schedule {
//!     start_hour: u8,
//!     mode: Mode,
//! }
//!
//! assert_eq!(Mode::profile().allowed, ["eco", "full_power", "AUTO"]);
//! assert!(Schedule::profile().properties.contains_key("startHour"));
//! ```
//!
//! | key | on | value | default | effect | error when |
//! |---|---|---|---|---|---|
//! | `rename_all` | the type | as for devices | `"snake_case"` for variants, fields as they are | the case of names without `name` | anything else |
//! | `crate` | the type | path | `::edge_runtime` | where this crate is | no path |
//! | `name` | a variant or a field | string | by `rename_all` | the name on the wire | as for assets |
//!
//! ### Key by key
//!
//! `rename_all`:
//!
//! ```
//! # use edge_runtime::AssetValue;
//! #[derive(AssetValue, Clone)]
//! #[asset_value(rename_all = "SCREAMING_SNAKE_CASE")]
//! enum Mode {
//!     FullPower,
//! }
//! assert_eq!(Mode::profile().allowed, ["FULL_POWER"]);
//! ```
//!
//! `name`:
//!
//! ```
//! # use edge_runtime::AssetValue;
//! #[derive(AssetValue, Clone)]
//! struct Schedule {
//!     #[asset_value(name = "from")]
//!     start_hour: u8,
//! }
//! assert!(Schedule::profile().properties.contains_key("from"));
//! ```
//!
//! `crate`:
//!
//! ```
//! # extern crate edge_runtime as device;
//! #[derive(device::AssetValue, Clone)]
//! #[asset_value(crate = device)]
//! enum Mode {
//!     Eco,
//! }
//! # fn main() {}
//! ```
//!
//! # What is refused
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
//! A virtual asset that depends on itself:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "virtual", compute = u8::max(a, b))]
//!     a: u8,
//!     #[asset(kind = "virtual", compute = u8::min(a, a))] // .. in a cycle: `a` -> `b` -> `a`
//!     b: u8,
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
//!
//! An enum, a tuple struct, or a struct with parameters as a device; an enum with data as a value:
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! enum Lamp { On }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp(u8);
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp<T> {
//!     #[asset]
//!     level: T,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! enum Colour {
//!     Rgb(u8, u8, u8),
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp;
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone, Copy)]
//! union Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::Device, Clone)]
//! struct Lamp<'a> {
//!     #[asset]
//!     level: u8,
//!     place: &'a str,
//! }
//! ```
//!
//! ```compile_fail
//! #[derive(edge_runtime::AssetValue, Clone)]
//! struct Rgb(u8, u8, u8);
//! ```
