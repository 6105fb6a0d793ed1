//! `#[device(..)]` on the struct, key by key. The table is [one page up](super).
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
//! `batch`:
//!
//! ```
//! # use std::time::Duration;
//! # use edge_runtime::{Batch, Device};
//! #[derive(Device, Clone)]
//! #[device(batch(size = 10, every = "1m"))]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! assert_eq!(Lamp::MODEL.batch, Some(Batch::new().size(10).every(Duration::from_secs(60))));
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
//! `action`, once for each:
//!
//! ```
//! # use edge_runtime::{Device, HandlerResult};
//! #[derive(Device, Clone)]
//! #[device(action(reboot, alias = "restart"))]
//! #[device(action(dim(#[arg(max = 100, unit = "%")] to: u8, over: Option<f64>), name = "dim-to", timeout = "5s"))]
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
//! assert_eq!((Lamp::MODEL.actions[0].alias, Lamp::MODEL.actions[1].name), ("restart", "dim-to"));
//! assert_eq!(Lamp::MODEL.actions[1].arguments[0].profile().to_string(), "integer 0..100 %");
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
