//! The contract between devices and their platform: what both sides must agree on, and nothing else.
//!
//! - [`model`]: devices, assets and kinds as they are registered
//! - [`document`]: device models as JSON documents
//! - [`profile`]: a value's type and limits, and the check of a value against them; read from any JSON Schema that
//!   says no more
//! - [`topic`]: the MQTT topics · [`payload`]: what is sent on them
//! - [`BrokerUrl`] and [`Secret`]: where a broker is, and what must not be printed
//! - [`object`]: storage objects: names, addresses, descriptions
//! - [`name`]: what may be a name on the wire · [`digest`]: one short text for a whole device
//! - `connector` (feature `grpc`): the generated Connector service and its conversions
//!
//! Nothing here does I/O, reads a clock or starts a task.

mod broker_url;
mod coerce;
#[cfg(feature = "grpc")]
pub mod connector;
pub mod digest;
pub mod document;
pub mod model;
pub mod name;
pub mod number;
pub mod object;
mod opening;
pub mod payload;
pub mod profile;
mod schema;
mod secret;
pub mod topic;

pub use broker_url::{BrokerUrl, BrokerUrlError};
pub use document::{DocumentError, ModelDocument};
pub use model::{Asset, AssetType, AssetVendor, Device, Kind};
pub use name::DeviceId;
pub use number::Number;
pub use opening::Opening;
pub use profile::{Limits, Profile, Refusal, ValueType};
pub use schema::SchemaError;
pub use secret::Secret;
