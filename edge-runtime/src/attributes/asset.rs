//! `#[asset(..)]` on a field, key by key: what the asset is. How its states are delivered is on the page
//! [`delivery`](super::delivery); the table is [one page up](super).
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
//! `alias`: another name, by which programs and commands find the asset as well. Messages and outcomes carry the name:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(alias = "light")]
//!     brightness: u8,
//! }
//! assert_eq!(Lamp::MODEL.assets[0].alias, "light");
//! ```
//!
//! `default`, an expression of the field's type; of a `String`, the literal. It is the value in the model as a document,
//! with which a [`DynamicDevice`](crate::DynamicDevice) begins; a struct says itself how a device begins. Numbers, and constants of them, are held against the
//! limits while the program is compiled; what a function returns is not:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(max = 100, default = 50)]
//!     level: u8,
//!     #[asset(default = "new")]
//!     label: String,
//!     #[asset(default = Some(3))]
//!     retries: Option<u8>,
//! }
//! let model = Lamp::MODEL.document();
//! assert_eq!(model.attributes[0].default, Some(50.into()));
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
//! A field whose methods would hide one that every device has (`id`, `model`, `session`,
//! `is_online`, `stats`, `reset_stats`, `close`, `remove`, `clone`, `parent`, `children`,
//! `add_child`, `add_dynamic_child`, `update`, `begin`, `snapshot`, `get`, `get_as`, `set`,
//! `last_known`, `observe`, `offer`, `set_pipeline`, `clear_pipeline`, `is_stale`, `set_batch`,
//! `receipt`, `errors`, `errors_of`, `listen`, `raise`, `raise_by_name`, `submit`,
//! `submit_by_name`, `storage`) is refused, and so are two fields that make one method. Rename it,
//! and keep its name on the wire with `name`.
