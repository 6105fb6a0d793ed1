//! One struct declares a device: typed setters publish its state, handlers receive what the platform
//! commands, and its startup reconciles its assets with the platform.
//!
//! ```
//! use edge_runtime::{Change, Device, HandlerResult};
//!
//! #[derive(Device, Clone)]
//! #[device(model = "urn:example:greenhouse:1")]
//! pub struct Greenhouse {
//!     /// Air temperature
//!     #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
//!     temperature: f64,
//!     /// Vent opening
//!     #[asset(kind = "actuator", unit = "%", max = 100)]
//!     vent: u8,
//! }
//!
//! struct Driver; // owns the hardware
//!
//! impl GreenhouseHandler for Driver {
//!     async fn on_vent(&mut self, device: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
//!         Ok(change.value.min(90)) // what was really applied
//!     }
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! # let platform = edge_runtime::testing::MemoryPlatform::new().platform();
//! // In a program: let platform = Platform::from_env().await?;
//! let first = Greenhouse { temperature: 20.0, vent: 0 };
//! let device = platform.device("GH-1", first).handler(Driver).connect().await?;
//! device.set_temperature(21.5).await?.delivered().await?;
//! assert_eq!(device.temperature(), 21.5);
//! device.close().await?;
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(run()).unwrap();
//! ```
//!
//! # Concepts
//!
//! - A **device** has a serial number, a model and **assets**: named, typed data points. What can be
//!   declared is on the page [`attributes`].
//! - An asset's **kind** says who sets it: a `sensor` is reported by the device, an `actuator` is
//!   commanded by the platform, a `config` is set by the platform and kept by the device, a `virtual`
//!   one is computed from others.
//! - A **state** is a value and the time at which it held. A **command** is a value that the platform
//!   wants; it is answered with an **outcome**: applied, rejected, failed, timed out.
//!
//! # Lifecycle
//!
//! [`DeviceBuilder::connect`] registers the device or **reconciles** its declared assets with the
//! registered ones, connects to the broker, subscribes to its commands, publishes its **presence** and
//! then its first full state. From then on the **outbox** keeps what setters accepted until the broker
//! has acknowledged it, through reconnects. [`DeviceHandle::close`] sends what is left and says goodbye;
//! if the process dies instead, the broker says it, by the last will.
//!
//! A platform is a pair of a control plane ([`registry::Registry`]) and a data plane ([`link::Link`]):
//! [`Platform::from_env`] and [`Platform::at`] make the native one, [`testing::MemoryPlatform`] one
//! in memory.
//!
//! A `config` that the platform has set is in the struct, like everything else; what a device should
//! remember when it starts again, it must keep (say, a file with the last `snapshot()`): the struct with
//! which it starts is its first state, and is what the platform has from then on.
//!
//! # Logs
//!
//! Connections, reconciliation, commands and their outcomes are told through `tracing`, with the device's
//! and the command's id. Nothing is printed without a subscriber: `tracing_subscriber::fmt::init()` is one,
//! and `RUST_LOG=edge_runtime=info` chooses what it shows.
//!
//! # Features
//!
//! All are on by default. `derive`: the macros. `grpc`: the Connector. `mqtt`: MQTT. `allthingstalk`:
//! AllThingsTalk, over HTTP and MQTT. `storage`: contents of [`StorageObject`]s, over HTTP.
//!
//! # Errors
//!
//! One type for each thing that one does: [`SetError`], [`ConnectError`], [`ReconcileError`],
//! [`ReportError`], [`DeliveryError`], [`StorageError`], [`CloseError`], [`ConfigError`], [`PlanError`]; a handler returns [`HandlerError`],
//! which any error becomes with `?`.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
// By this name the derives look for it: rustc says it where the path of the crate is wrong.
#[doc(hidden)]
pub use __private as items_of_edge_runtime;
mod address;
mod alert;
#[cfg(feature = "allthingstalk")]
pub mod allthingstalk;
pub mod attributes;
pub mod backoff;
mod catalog;
mod cause;
mod clock;
mod complaint;
mod config;
#[cfg(feature = "grpc")]
pub mod connector;
mod core;
mod delivery;
mod device;
mod dispatch;
pub mod document;
mod ending;
mod failures;
pub mod future;
mod host;
#[cfg(feature = "http")]
mod http;
mod hub;
mod inbox;
pub mod link;
mod listening;
mod lock;
mod metrics;
pub mod model;
mod news;
mod origin;
mod outbox;
mod platform;
pub mod policy;
pub mod reconcile;
pub mod registry;
mod rules;
pub mod storage;
pub mod testing;
#[cfg(any(feature = "http", feature = "mqtt"))]
mod tls;
mod until;
pub mod value;

// By these names rustc tells of what a device does not declare.
pub use crate::alert::{Alert, DeclaredBy, Format, Report, ReportError};
#[doc(hidden)]
pub use crate::alert::{AlertOf, FormatOf};
pub use crate::core::{SetError, Stats};
pub use catalog::catalog;
pub use config::ConfigError;
pub use device::{
    AccessError, ConnectError, DeliveryError, Device, DeviceBuilder, DeviceHandle, Dispatch, Dynamic,
    DynamicDevice, DynamicError, DynamicHandled, DynamicHandler, Errors, Finish, Handled, HandlerOf,
    IntoValue, Known, ListenError, Listener, NoHandler, Observed, Observer, Offer, OfferNamed, PipelineError,
    Raise, Receipt, ReceiptId, ReceiptIdError, RemoveError, Set, SetNamed, Submit, Transaction, Unattended,
    Unhandled, UnknownReceipt, Update,
};
pub use dispatch::{AssetChange, Change, Changes, ChangesError, CommandError, HandlerError, HandlerResult};
pub use document::{DocumentError, ModelDocument};
#[cfg(feature = "derive")]
pub use edge_derive::{Alert, AssetValue, Device, Format};
pub use edge_proto::payload::{FormatKind, Severity};
pub use edge_proto::{AssetType, AssetVendor, DeviceId, Kind, Limits, Number, Profile, Refusal, ValueType};
pub use ending::CloseError;
pub use failures::{ErrorCause, ErrorEvent, Sending};
pub use host::Host;
pub use listening::{Channel, Message};
pub use outbox::{Batch, OutboxConfig, StoreError};
#[cfg(feature = "allthingstalk")]
pub use platform::AllThingsTalkBuilder;
#[cfg(all(feature = "grpc", feature = "mqtt"))]
pub use platform::PlatformBuilder;
pub use platform::{PlanError, Platform};
pub use reconcile::ReconcileError;
pub use serde_json::Value;
pub use storage::{ExternalObject, StorageError, StorageObject};
pub use value::{AssetValue, GeoLocation};

/// Types of other crates that are values of assets or appear in this crate's interface.
pub mod types {
    pub use bytes::Bytes;
    pub use jiff::Timestamp;
    pub use uuid::Uuid;
}
