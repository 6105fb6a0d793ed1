//! The companion platform: Connector over gRPC, HTTP API, MQTT broker and store, in one process.
//!
//! [`Embedded`] is the platform for tests and examples: on loopback, on free ports, in memory.
//! [`Server`] is the same with a [`Config`]; the program `edge-platform serve` is a thin shell around it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), edge_platform::StartError> {
//! let platform = edge_platform::Embedded::start().await?;
//! println!("connector {} broker {}", platform.connector_url(), platform.mqtt_url());
//! platform.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Inside, upper may use lower, never the reverse:
//!
//! ```text
//! server (starts and stops all)   embedded   admin: devices of a database without a platform
//! grpc (names tonic)   http (names axum and hyper)   ingest: MQTT messages -> store, in batches   set: states of requests -> store   command: values out, outcomes back
//! presence: who is lost with a connection   announce: asks for whole states
//! mqtt::broker (names mqtt5)   mqtt::link (names rumqttc)
//! authority: who may touch which device
//! store (names sqlx)   objects: contents of storage objects (objects::stock names object_store)
//! config   token   task
//! ```

mod admin;
mod announce;
mod authority;
mod command;
mod config;
mod counts;
mod database_url;
mod embedded;
mod error;
mod grpc;
mod http;
mod ingest;
mod mqtt;
mod objects;
mod platform;
mod presence;
mod ready;
mod server;
mod set;
mod store;
mod task;
mod token;

pub use admin::{CreateError, DeviceSummary, Devices, NewDevice};
pub use command::CommandError;
pub use config::{Config, ConfigError, History, TlsFiles};
pub use counts::Counts;
pub use database_url::{DatabaseUrl, DatabaseUrlError};
pub use edge_proto::name::NameError;
pub use edge_proto::payload::{Location, Outcome, PresenceStatus, Severity, Stamp, Status};
pub use edge_proto::{BrokerUrl, BrokerUrlError, DeviceId, Secret};
pub use embedded::Embedded;
pub use error::{BoxError, StartError, TlsError};
pub use ingest::{ReportEvent, StateEvent};
pub use objects::{ObjectsUrl, ObjectsUrlError};
pub use server::Server;
pub use store::{AssetRecord, ReportName, StoreError, StoredReport, StoredState};
pub use token::{Access, TokenError, Tokens};
