//! For tests of devices: a platform in memory, a broker that misbehaves as told, and a bad network.
//!
//! [`MemoryPlatform`] needs no network and no waiting:
//!
//! ```
//! # use edge_runtime::{Device, testing::MemoryPlatform};
//! #[derive(Device, Clone)]
//! struct Lamp {
//!     #[asset(kind = "sensor", max = 100)]
//!     brightness: u8,
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let memory = MemoryPlatform::new();
//! let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
//! lamp.set_brightness(40).await?.delivered().await?;
//! assert_eq!(memory.state("LAMP-1", "brightness").unwrap(), 40);
//! lamp.close().await?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! [`LedgerBroker`] and [`FaultProxy`] are real sockets, for what goes wrong on the wire; [`SteadyClock`] makes
//! their hours short, and [`SetClock`] is a clock on the wall that is set wrong. `docs/testing.md` has a page on all of them.

#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
struct Page;

mod broker;
mod clock;
mod ledger;
mod proxy;
mod registry;
mod wall;

use std::sync::Arc;

use bytes::Bytes;
use edge_proto::object::Place;
use edge_proto::payload;
use edge_proto::topic::{DeviceStream, Stream, Topic};
use edge_proto::{Device, ModelDocument};
use serde_json::Value;

pub use crate::outbox::DiskFaults;
pub use broker::Message;
pub use clock::SteadyClock;
pub use ledger::{
    Connect, Cut, Event, LastWill, Ledger, LedgerBroker, Publish, Record, Subscribe, Unsubscribe,
};
pub use proxy::FaultProxy;
pub use wall::SetClock;

use crate::link::Link;
use crate::platform::Platform;
use crate::storage::MemoryStorage;
use broker::MemoryBroker;
use registry::MemoryRegistry;
#[cfg(feature = "mqtt")]
use {
    crate::address::redact,
    crate::config::ConfigError,
    crate::link::{Dialect, mqtt::Mqtt},
    crate::tls::{TlsConfig, Trust},
    edge_proto::{BrokerUrl, BrokerUrlError},
};

/// A registry and a broker in memory, with the faults that real ones have. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct MemoryPlatform {
    registry: Arc<MemoryRegistry>,
    broker: Arc<MemoryBroker>,
    storage: Arc<MemoryStorage>,
}

impl MemoryPlatform {
    /// An empty one, which works.
    pub fn new() -> Self {
        Self::default()
    }

    /// The platform for devices to connect to.
    pub fn platform(&self) -> Platform {
        self.over(Arc::clone(&self.broker))
    }

    pub(crate) fn over(&self, link: impl Link) -> Platform {
        let platform = Platform::new(Arc::clone(&self.registry), link);
        platform.with_storage(Arc::clone(&self.storage) as _)
    }

    /// A platform with this registry, and a real broker on this machine (`mqtt://127.0.0.1:1883`, or the nodes of a
    /// cluster, `mqtt://127.0.0.1:1883,127.0.0.1:1884`): a [`LedgerBroker`], or whatever speaks MQTT. The
    /// other methods of this type that are about messages know nothing of it.
    ///
    /// # Errors
    /// When the address is none, or not of this machine.
    #[cfg(feature = "mqtt")]
    pub fn with_broker(&self, url: &str) -> Result<Platform, ConfigError> {
        let brokers = brokers(url)?;
        if brokers.iter().any(|broker| broker.tls || !broker.is_loopback()) {
            return Err(ConfigError::Plaintext { setting: SETTING, address: redact(url) });
        }
        Ok(self.over(link(brokers, None)))
    }

    /// As [`with_broker`](Self::with_broker), over TLS (`mqtts://127.0.0.1:8883`): the broker must have a
    /// certificate of this authority (PEM).
    ///
    /// # Errors
    /// When the address is none, or none with TLS, or there is no certificate in `ca`.
    #[cfg(feature = "mqtt")]
    pub fn with_tls_broker(&self, url: &str, ca: impl Into<Vec<u8>>) -> Result<Platform, ConfigError> {
        let brokers = brokers(url)?;
        if brokers.iter().any(|broker| !broker.tls) {
            return Err(ConfigError::Plaintext { setting: SETTING, address: redact(url) });
        }
        let tls = TlsConfig::new(SETTING, &Trust { ca: Some(ca.into()), ..Trust::default() })?;
        Ok(self.over(link(brokers, Some(tls))))
    }

    /// What is registered under a serial number.
    pub fn registered(&self, sn: &str) -> Option<Device> {
        self.registry.device(sn)
    }

    /// Changes what is registered, as somebody at the platform would.
    ///
    /// # Panics
    /// When the device is not registered.
    pub fn edit(&self, sn: &str, edit: impl FnOnce(&mut Device)) {
        self.registry.edit(sn, edit);
    }

    /// The device model of a URN that is kept: put there by devices that registered, or with
    /// [`Platform::put_device_model`].
    pub fn model(&self, urn: &str) -> Option<ModelDocument> {
        self.registry.models().get(urn).cloned()
    }

    /// The content of a stored object, by its address: `/device/CAM-1/object/shot.jpg`.
    pub fn content(&self, uri: &str) -> Option<Bytes> {
        self.storage.content(uri)
    }

    /// Stores an object, for a device to download.
    ///
    /// # Panics
    /// When the address is none.
    pub fn put_content(&self, uri: &str, content: impl Into<Bytes>) {
        let place: Place = uri.parse().expect("an object's address: /device/ID/object/NAME");
        self.storage.put(place.to_string(), content.into());
    }

    /// With `true`, contents stand still on their way, in either direction: what waits for one goes on waiting.
    pub fn withhold_contents(&self, withhold: bool) {
        self.storage.set_still(withhold);
    }

    /// How many calls changed the registry.
    pub fn writes(&self) -> usize {
        self.registry.writes()
    }

    /// How many calls the registry has had.
    pub fn calls(&self) -> usize {
        self.registry.calls()
    }

    /// With `true`, the registry cannot be reached.
    pub fn set_registry_away(&self, away: bool) {
        self.registry.set_away(away);
    }

    /// Lets the registry go away after so many writes more, as if it, or the device, had died between two.
    pub fn set_registry_away_after(&self, writes: usize) {
        self.registry.go_away_after(writes);
    }

    /// Lets the next writes fail because another writer was faster.
    pub fn conflict(&self, times: usize) {
        self.registry.conflict(times);
    }

    /// Breaks all connections; the broker says their last wills and forgets the sessions.
    pub fn cut(&self) {
        self.broker.cut();
    }

    /// With `true`, the broker takes messages and does not acknowledge them.
    pub fn withhold_acknowledgements(&self, withhold: bool) {
        self.broker.withhold(withhold);
    }

    /// Publishes to the device: on a topic that it subscribes to, it arrives there.
    pub fn publish(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.broker.publish(topic, payload.into(), false);
    }

    /// As [`publish`](Self::publish), as a message that the broker had kept from before.
    pub fn publish_retained(&self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.broker.publish(topic, payload.into(), true);
    }

    /// All messages from devices so far.
    pub fn messages(&self) -> Vec<Message> {
        self.broker.messages()
    }

    /// Waits for a message from a device, from the first one on.
    ///
    /// Cancel safe.
    pub async fn message(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        self.broker.wait(wanted).await
    }

    /// How many connections the broker has had.
    pub fn connections(&self) -> usize {
        self.broker.connections()
    }

    /// How many received messages the device has acknowledged.
    pub fn acknowledged(&self) -> usize {
        self.broker.acknowledged()
    }

    /// The newest state of an asset that has arrived.
    pub fn state(&self, device: &str, asset: &str) -> Option<Value> {
        let states = self.messages().into_iter().flat_map(|message| states(&message));
        states
            .filter(|(sn, name, _)| sn == device && name == asset)
            .max_by_key(|(_, _, state)| state.stamp)
            .and_then(|(_, _, state)| serde_json::from_str(state.value?.get()).ok())
    }
}

/// What errors call the address.
#[cfg(feature = "mqtt")]
const SETTING: &str = "with_broker";

#[cfg(feature = "mqtt")]
fn brokers(url: &str) -> Result<Vec<BrokerUrl>, ConfigError> {
    BrokerUrl::nodes(url).map_err(|error: BrokerUrlError| ConfigError::Address {
        setting: SETTING,
        address: redact(url),
        reason: error.to_string(),
        example: "mqtt://127.0.0.1:1883",
    })
}

#[cfg(feature = "mqtt")]
fn link(brokers: Vec<BrokerUrl>, tls: Option<TlsConfig>) -> Mqtt {
    let BrokerUrl { user, password, .. } = brokers[0].clone();
    let credentials = user.clone().zip(password.or(user));
    let nodes = brokers.into_iter().map(|broker| (broker.host, broker.port)).collect();
    Mqtt { nodes, tls, credentials, dialect: Dialect::Native }
}

/// The states in a message: device, asset, state.
fn states(message: &Message) -> Vec<(String, String, payload::State)> {
    match Topic::parse(&message.topic) {
        Some(Topic::Asset { device, asset, stream: Stream::State }) => payload::read_state(&message.payload)
            .map(|state| vec![(device.to_owned(), asset.to_owned(), state)])
            .unwrap_or_default(),
        Some(Topic::Device { device, stream: DeviceStream::State }) => {
            let states = payload::read_states(&message.payload).unwrap_or_default();
            states.into_iter().map(|(asset, state)| (device.to_owned(), asset, state)).collect()
        }
        _ => Vec::new(),
    }
}
