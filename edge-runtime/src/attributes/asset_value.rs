//! `#[asset_value(..)]` on an enum or a struct, key by key. The table is [one page up](super).
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
