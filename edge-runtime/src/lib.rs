//! One struct declares a device: typed setters publish its state, handlers receive what the platform
//! commands, and its startup reconciles its assets with the platform.
#![allow(missing_docs)]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod backoff;
mod catalog;
mod delivery;
mod device;
mod dispatch;
mod hub;
pub mod link;
pub mod model;
mod origin;
mod outbox;
mod platform;
pub mod reconcile;
pub mod registry;
mod secret;
pub mod value;

pub use catalog::catalog;
pub use device::*;
pub use dispatch::{Change, CommandError, HandlerError, HandlerResult};
pub use edge_proto::{DeviceId, Kind, Refusal};
pub use platform::{PlanError, Platform};
pub use secret::Secret;
pub use value::{AssetValue, GeoLocation};
