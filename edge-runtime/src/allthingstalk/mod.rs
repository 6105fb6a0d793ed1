//! AllThingsTalk: its HTTP API as a client of its own, and under devices as their control plane.
//!
//! Devices need no more of it than [`Platform::allthingstalk`](crate::Platform::allthingstalk):
//!
//! ```no_run
//! # use edge_runtime::{Device, Platform};
//! # #[derive(Device, Clone)]
//! # struct Counter { #[asset(kind = "sensor")] counter: i64 }
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let platform = Platform::allthingstalk("maker:4Example").build()?;
//! let device = platform.device("KcWO0CaaUMKMvSpyI6nqhZAT", Counter { counter: 0 }).connect().await?;
//! device.set_counter(1).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The client is for what a device does not do by itself: read what is stored, and its history.
//!
//! ```no_run
//! use edge_runtime::allthingstalk::{AssetState, BaseClient, Client};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("maker:4Example")?;
//! for asset in client.get_assets("KcWO0CaaUMKMvSpyI6nqhZAT").await? {
//!     println!("{} is {:?}", asset.name, asset.state);
//! }
//! let state = client.get_asset_state("KcWO0CaaUMKMvSpyI6nqhZAT", "counter").await?;
//! println!("{} at {}", state.read::<i64>()?, state.at);
//! client.publish_asset_state("KcWO0CaaUMKMvSpyI6nqhZAT", "counter", &AssetState::now(&7)?).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is different there
//!
//! - The serial number is the device's id at AllThingsTalk, which has made the device before: a device's token
//!   cannot. What there is no place for (model, vendor, the device's own title) counts as registered as declared.
//! - There are no sessions, presence and outcomes: [`DeviceHandle::session`](crate::DeviceHandle::session) is
//!   always 1, and a command is answered by the state that it leads to. A command that is refused leads to none.
//! - Assets are written one by one. When that breaks off, starting again goes on where it was.
//!
//! # Faults
//!
//! Every call ends, after 10 s at the latest, and is made once: a device that starts has its own backoff, and
//! [`ClientError::is_retryable`] says what another attempt is worth.

mod asset;
mod base;
mod client;
mod error;
mod http;

pub use asset::{Asset, AssetState, HistoryPage};
pub use base::BaseClient;
pub use client::{Client, ClientBuilder};
pub use error::ClientError;

pub(crate) use client::{CLOUD_MQTT, with_scheme};

/// The programs of the page, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/from-the-python-sdk.md")]
struct FromThePythonSdk;
