//! What can be written in `#[device(..)]`, `#[asset(..)]`, `#[arg(..)]`, `#[asset_value(..)]`, `#[alert(..)]` and
//! `#[format(..)]`. Documentation only.
//!
//! All of them are lists of `key = value`; some keys are followed by a list of their own, in parentheses, and two stand
//! alone (`child`, `on_change`). A key is given once, also when there are several attributes, but for `action`, `alert` and `format`.
//! A key that is not on this page is an error, with a suggestion; so is a value of the wrong type, and
//! whatever the `error when` columns say. All mistakes are shown in one compile. (The type that is no
//! [`AssetValue`](crate::AssetValue), the unhandled actuator and the wrong handler are refused by rustc
//! itself, in its own words.)
//!
//! This page has a row for each key. The pages below it have an example for each: [`device`], [`action`], [`asset`],
//! [`delivery`], [`publish`], [`child`], [`asset_value`], [`report`]; [`refused`] and [`forms`] show what does not compile.
//!
//! # `#[derive(Device)]`
//!
//! On a struct with named fields and without parameters, which is [`Clone`]. Fields with `#[asset]` are
//! its assets, at most 1,024; fields with `#[device(child)]` are its child devices; the others are private
//! state, and never published. For a struct `Greenhouse` the derive makes, as visible as the struct:
//!
//! - `GreenhouseDevice`, the handle: for each asset a getter `name()` and, unless it is virtual, a setter
//!   `set_name(value)` and `offer_name(value)`, which sets what the asset's pipeline makes of it, and `observe_name()`,
//!   all as visible as the field; for each child device its handle, `name()`;
//!   `update(|greenhouse| ..)` and `begin()` for transactions; `snapshot()`. It dereferences to
//!   [`DeviceHandle`](crate::DeviceHandle).
//! - `GreenhouseTransaction`, which `begin()` gives: a setter for each asset that is not virtual, see
//!   [`Transaction`](crate::Transaction).
//! - `GreenhouseHandler`: an `async` method `on_name` for each actuator and config, and one for each action. An
//!   actuator's and an action's must be written, a config's accepts the value unless it is written. For each child
//!   device a method `name` that returns its handler. `on_change` and `on_error` may be written: the first hears all
//!   that one command changes, and may refuse it; the second hears what was not delivered.
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
//! | `title` | string | the struct's name in words | for people | empty, with control characters, or above 1 KiB (1,024 bytes) |
//! | `description` | string | first paragraph of the doc comment | for people | as `title`; so is that paragraph |
//! | `asset_type` | `"unknown"`, `"aircraft"`, `"dock"`, `"sensor"`, `"camera"`, `"other"` | `"unknown"` | what sort of thing it is, see [`AssetType`](crate::AssetType) | anything else |
//! | `vendor` | string | not said | who makes it, see [`AssetVendor`](crate::AssetVendor) | as `title` |
//! | `overwrite_assets` | `false`, `true`, `"prune"` | `false` | what is done with differences at startup, see [`OverwritePolicy`](crate::model::OverwritePolicy) | anything else |
//! | `batch(..)` | a list in parentheses, see below | nothing waits | states wait for each other, see [`Batch`](crate::Batch) | neither `size` nor `every`; given twice |
//! | `rename_all` | `"lowercase"`, `"UPPERCASE"`, `"PascalCase"`, `"camelCase"`, `"snake_case"`, `"SCREAMING_SNAKE_CASE"`, `"kebab-case"`, `"SCREAMING-KEBAB-CASE"` | names as they are | the case of names of assets and children without `name`, as in serde | anything else |
//! | `action(name(argument: Type, ..), ..)` | a name, maybe arguments, maybe keys | none | what the device does when it is told to: a method of the handler; may be given several times | no name; a receiver or a result; an argument without a type, with a default, or whose type is no owned value; above 64 arguments; a name that another action, or another method of the handler, has |
//! | `alert(Type, ..)` | types with `#[derive(Alert)]` | none | what the device may raise | no type, a type twice, or two of one name |
//! | `format(Type, ..)` | types with `#[derive(Format)]` | none | what the device may submit | as `alert` |
//! | `crate` | path | `::edge_runtime` | where this crate is, if it is renamed or re-exported | no path |
//!
//! ### `batch(..)`, in `#[device(..)]`
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `size` | integer | however many | so many states wait at most | not from 1 to 4,294,967,295 |
//! | `every` | duration | however long | the oldest state waits for so long at most | no duration |
//! | `severity` | `"low"`, `"normal"`, `"significant"`, `"critical"` | `"critical"` | an alert of at least that severity lets all go | anything else |
//!
//! ### `action(..)`, in `#[device(..)]`
//!
//! Behind the action's name and its arguments:
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `name` | string | the action's name, by `rename_all` | the name on the wire | as for assets |
//! | `alias` | string | none | another name, by which the platform finds it | as `name`; used by any action as name or alias |
//! | `title` | string | the name in words | for people | as for the device |
//! | `description` | string | none | for people | as for the device |
//! | `timeout` | duration | `"30s"` | how long the handler's method may take | no duration |
//!
//! ### `#[arg(..)]`, before an argument of an action
//!
//! An argument whose type is an `Option` may be left out.
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `name` | string | the argument's name, by `rename_all` | the name on the wire | as for assets; used by another argument |
//! | `description` | string | first paragraph of the doc comment | for people | as for the device |
//! | `unit` | string | none | for people | as for assets |
//! | `min` | number, or a constant expression | the type's | an action with less is refused | as for assets |
//! | `max` | number, or a constant expression | the type's | an action with more is refused | as for assets |
//! | `step` | number, or a constant expression | none | an action with what is no multiple is refused | as for assets |
//!
//! ## `#[asset(..)]`, on a field
//!
//! The type of the field is an [`AssetValue`](crate::AssetValue). `#[asset]` alone is a sensor.
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `kind` | `"sensor"`, `"actuator"`, `"config"`, `"virtual"` | `"sensor"` | who sets it, see [`Kind`](crate::Kind) | anything else |
//! | `name` | string | the field's name, also with a `_` before it, by `rename_all` | the name on the wire | not 1 to 64 letters, digits, `_`, `-`; or used twice, also in another case |
//! | `alias` | string | none | another name, by which programs and commands find it | as `name`; used by any asset as name or alias |
//! | `title` | string | the field's name in words | for people | as for the device |
//! | `description` | string | first paragraph of the doc comment | for people | as for the device |
//! | `unit` | string | none | for people, so any will do | as `title`; a word that is known to be misspelled, as `celcius`; on a `bool` |
//! | `min` | number, or a constant expression | the type's | values below are refused | on what is no number; a fraction, or out of range, for an integer |
//! | `max` | number, or a constant expression | the type's | values above are refused | as `min`; less than `min` |
//! | `step` | number, or a constant expression | none | values that are no multiple are refused | on what is no number; 0 or less; when no multiple is between `min` and `max` |
//! | `default` | expression of the field's type | none | the value in the model before there is another, see [`document`](crate::document) | on a virtual asset; beyond `min` and `max`, or no multiple of `step`; of another type |
//! | `compute` | `function(field, ..)` | none | how a virtual asset follows from others: the function gets clones of them | missing on a virtual asset; on any other; with an unknown field, or in a cycle |
//!
//! Limits that are not literals are constant expressions of any numeric type, as precise as those. What
//! rustc finds of them is what the macro finds of literals.
//!
//! How the asset's states are delivered, and how long its handler may take:
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `qos` | `0`, `1` | `1` | whether a state is sent once, or until it is acknowledged, see [`QoS`](crate::model::QoS) | anything else; `0` with `retention = "stored"` |
//! | `retention` | `"discard"`, `"volatile"`, `"stored"` | `"volatile"` | where a state is kept until it is acknowledged, see [`Retention`](crate::model::Retention) | anything else |
//! | `expiry` | duration | never | a state that was not sent in that time is dropped | no duration; with `retention = "discard"` |
//! | `capacity` | number, or a constant expression (`usize`) | what the outbox holds | how many states of the asset may wait | not from 1 to 4,294,967,295; with `overflow = "latest"` |
//! | `capacity_bytes` | number, or a constant expression (`usize`) | what the outbox holds | how many bytes of its values may wait, with 64 more for each | as `capacity` |
//! | `overflow` | `"wait"`, `"drop-oldest"`, `"drop-newest"`, `"latest"` | `"wait"` | what becomes of a state for which there is no room, see [`Overflow`](crate::model::Overflow) | anything else |
//! | `timeout` | duration | `"30s"` | how long the handler's method may take | no duration; on a sensor or a virtual asset |
//! | `publish(..)` | a list in parentheses, see below | every value at once | when values are told | empty; given twice |
//! | `stale_after` | duration | never | so long after it was set, or offered a value, the asset is stale | no duration; on a virtual asset |
//! | `pipeline` | the path of a function `fn() -> Pipeline<T>` | none | through which values go that are offered, see [`Pipeline`](crate::policy::Pipeline) | no path; on a virtual asset |
//!
//! A duration is one whole number and one unit: `"250ms"`, `"5s"`, `"10m"`, `"1h"`, `"7d"`. Between and around them may be
//! blanks, as in `"5 s"`. It is longer than 0, and at most 36,500 days.
//!
//! ### `publish(..)`, in `#[asset(..)]`
//!
//! See [`PublishPolicy`](crate::policy::PublishPolicy) and the page [`publish`].
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `on_change` | none | every value is told | what is equal to the value that was told last is not told | with a value |
//! | `deadband` | number, or a constant expression | none | what does not differ by more from the value that was told last is not told | on what is no number; less than 0 |
//! | `min_interval` | duration | none | no two values are told within it: the newest is held | no duration; with `retention = "stored"` |
//! | `max_interval` | duration | never | when nothing was told for that time, the value is told again | no duration; shorter than `min_interval` |
//!
//! ## `#[device(child)]`, on a field
//!
//! The field is a device that is part of this one, and always there: see [`child`].
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `child` | none | no child | the field is a child device | with a value; next to `#[asset]`; on a type that is no device, such as an `Option` or a `Vec` of them |
//! | `name` | string | the field's name, by `rename_all` | by what it is called in its parent | as for assets; used by another child |
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
//! ## `#[asset_value(..)]`, on the type
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `rename_all` | as for devices | `"snake_case"` for variants, fields as they are | the case of names without `name` | anything else |
//! | `crate` | path | `::edge_runtime` | where this crate is | no path |
//!
//! ## `#[asset_value(..)]`, on a variant or a field
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `name` | string | by `rename_all` | the name on the wire | as for assets; used by another variant or field |
//!
//! # `#[derive(Alert)]`, `#[derive(Format)]`
//!
//! On a struct with named fields, or without any, and without parameters: see [`report`].
//!
//! ## `#[alert(..)]` or `#[format(..)]`, on the struct
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `name` | string | the struct's name in kebab-case | the name on the wire | as for assets |
//! | `urn` | string | the device model's URN, `:`, the name | its own URN | as `title` of a device, or with white space |
//! | `description` | string | first paragraph of the doc comment | for people; an alert carries it | as for the device |
//! | `severity` | `"low"`, `"normal"`, `"significant"`, `"critical"` | `"significant"` | how much an alert matters | anything else; on a format |
//! | `retention` | `"volatile"`, `"stored"` | an alert: stored where the outbox has a folder; data: `"volatile"` | where it is kept until it is acknowledged | anything else |
//! | `crate` | path | `::edge_runtime` | where this crate is | no path |
//!
//! ## `#[alert(..)]` or `#[format(..)]`, on a field
//!
//! A field whose type is an `Option` may be left out. There are at most 64.
//!
//! | key | value | default | effect | error when |
//! |---|---|---|---|---|
//! | `name` | string | the field's name | the name on the wire | as for assets; used by another field |
//! | `description` | string | first paragraph of the doc comment | for people | as for the device |
//! | `unit` | string | none | for people | as for assets |
//! | `min` | number, or a constant expression | the type's | less is refused | as for assets |
//! | `max` | number, or a constant expression | the type's | more is refused | as for assets |
//! | `step` | number, or a constant expression | none | what is no multiple is refused | as for assets |

pub mod action;
pub mod asset;
pub mod asset_value;
pub mod child;
pub mod delivery;
pub mod device;
pub mod forms;
pub mod publish;
pub mod refused;
pub mod report;
