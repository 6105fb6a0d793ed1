//! The Connector's client: registers devices and keeps what the platform knows of them. It needs no
//! device of its own; an adapter that only registers others has enough of it.
//!
//! ```no_run
//! use edge_runtime::connector::{Asset, AssetType, AssetVendor, Code, ConnectorClient, SubAsset};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let connector = ConnectorClient::from_env()?;
//! let asset = match connector.get_asset_by_sn("DOCK-1").await {
//!     Err(error) if error.code() == Code::NotFound => {
//!         let dock = Asset::new("DOCK-1").name("Roof dock").asset_type(AssetType::Dock);
//!         let dock = dock.vendor(AssetVendor::Dji).with(SubAsset::device("DRONE-1"));
//!         connector.register_asset(&dock).await?
//!     }
//!     found => found?,
//! };
//! println!("registered with id {}", asset.id);
//! # Ok(())
//! # }
//! ```
//!
//! # Faults
//!
//! Every call ends: after [`ConnectorBuilder::deadline`] at the latest. Within it, an attempt that failed
//! is made again, as far as its code promises something and the call may be repeated:
//!
//! | code | tried again |
//! |---|---|
//! | `UNAVAILABLE`, `DEADLINE_EXCEEDED`, `RESOURCE_EXHAUSTED`, `CANCELLED` | until the deadline |
//! | `UNKNOWN`, `INTERNAL` | at most three times |
//! | `ABORTED` | no: read again, then decide |
//! | all others | no |
//!
//! All calls may be repeated but [`ConnectorClient::add_sub_asset`], which is tried again only when there
//! was no connection to send it on. Waits are random and grow; a server's `RetryInfo` is honoured.
//!
//! # Cancel safety
//!
//! A future that is dropped gives up waiting. What a write would have changed is then changed or not.

mod asset;
mod builder;
mod calls;
mod client;
mod convert;
pub(crate) mod env;
mod error;
mod grpc;
mod list;
pub(crate) mod method;
mod policy;

pub use asset::{Asset, AssetField, DataPoint, Part, SubAsset};
pub use builder::{ConnectorBuilder, Retry};
pub use client::ConnectorClient;
pub use edge_proto::{AssetType, AssetVendor};
pub use error::{Code, ConnectorError, FieldViolation};
pub use list::{AssetPage, ListAssets};
