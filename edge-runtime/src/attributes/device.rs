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
//! `batch`, with `size`, `every` and `severity`:
//!
//! ```
//! # use std::time::Duration;
//! # use edge_runtime::{Batch, Device, Severity};
//! #[derive(Device, Clone)]
//! #[device(batch(size = 10, every = "1m", severity = "significant"))]
//! struct Lamp {
//!     #[asset]
//!     colour_code: u8,
//! }
//! let batch = Batch::new().size(10).every(Duration::from_secs(60)).severity(Severity::Significant);
//! assert_eq!(Lamp::MODEL.batch, Some(batch));
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
//! `action`, `alert` and `format` have pages of their own: [`action`](super::action), [`report`](super::report).
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
