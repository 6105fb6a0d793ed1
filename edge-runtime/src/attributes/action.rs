//! `action(..)` in `#[device(..)]`, and `#[arg(..)]` before its arguments, key by key. The tables are [one page up](super).
//!
//! `action`, once for each: what the device does when it is told to. Each is a method of the handler, which is given what is
//! sent with the action.
//!
//! ```
//! # use edge_runtime::{Device, HandlerResult};
//! #[derive(Device, Clone)]
//! #[device(action(reboot))]
//! #[device(action(dim(to: u8, over: Option<f64>)))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//!
//! struct Driver;
//!
//! impl LampHandler for Driver {
//!     async fn reboot(&mut self, _: &LampDevice) -> HandlerResult<()> {
//!         Ok(())
//!     }
//!     async fn dim(&mut self, lamp: &LampDevice, to: u8, over: Option<f64>) -> HandlerResult<()> {
//!         println!("within {over:?} s");
//!         lamp.set_level(to).await?;
//!         Ok(())
//!     }
//! }
//! let [reboot, dim] = Lamp::MODEL.actions else { panic!("two actions") };
//! assert_eq!((reboot.name, dim.arguments.len()), ("reboot", 2));
//! ```
//!
//! `name` and `alias`, by either of which the platform finds it:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(action(reboot, name = "re-boot", alias = "restart"))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! let action = &Lamp::MODEL.actions[0];
//! assert_eq!([action.name, action.alias], ["re-boot", "restart"]);
//! ```
//!
//! `title` and `description`; without them, the name says it:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(action(self_test, title = "Test yourself", description = "Lights all bulbs, one by one"))]
//! #[device(action(switch_off))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! let [test, off] = Lamp::MODEL.actions else { panic!("two actions") };
//! assert_eq!([test.title, test.description], ["Test yourself", "Lights all bulbs, one by one"]);
//! assert_eq!([off.title, off.description], ["Switch off", ""]);
//! ```
//!
//! `timeout`: how long the method may take.
//!
//! ```
//! # use edge_runtime::Device;
//! # use std::time::Duration;
//! #[derive(Device, Clone)]
//! #[device(action(self_test, timeout = "2m"))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! assert_eq!(Lamp::MODEL.actions[0].timeout, Some(Duration::from_secs(120)));
//! ```
//!
//! Of an argument, `name`, `description` and `unit`; without a `description`, the doc comment says it:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(action(dim(
//!     #[arg(name = "target", description = "What it is dimmed to", unit = "%")] to: u8,
//!     /// How long that takes
//!     #[arg(unit = "s")]
//!     over: Option<f64>,
//! )))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! let [to, over] = Lamp::MODEL.actions[0].arguments else { panic!("two arguments") };
//! assert_eq!([to.name, to.description, to.unit], ["target", "What it is dimmed to", "%"]);
//! assert_eq!([over.name, over.description, over.unit], ["over", "How long that takes", "s"]);
//! ```
//!
//! `min`, `max` and `step`; an action with another argument is refused, and its method is not called:
//!
//! ```
//! # use edge_runtime::Device;
//! #[derive(Device, Clone)]
//! #[device(action(dim(#[arg(min = 10, max = 90, step = 5)] to: u8)))]
//! struct Lamp {
//!     #[asset]
//!     level: u8,
//! }
//! assert_eq!(Lamp::MODEL.actions[0].arguments[0].profile().to_string(), "integer 10..90 step 5");
//! ```
