//! The embedded broker: mqtt5's, in memory. The only file that starts it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mqtt5::broker::MqttBroker;
use mqtt5::broker::config::{BrokerConfig, RateLimitConfig, StorageBackend, StorageConfig};
use mqtt5::broker::server::BrokerShutdownHandle;

use super::access::TokenAccess;
use super::client_ids::ClientIds;
use super::feeds::Feeds;
use crate::authority::Authority;
use crate::error::BoxError;
use crate::task::{Task, Tasks};
use edge_proto::Secret;
use edge_proto::payload::MAX_BYTES;

/// More than any of our payloads, less than what the platform's own client takes: a message that the
/// broker accepts and the client refuses would break its connection for ever. [`WINDOW`] of them may be in
/// memory.
const MAX_PACKET: usize = MAX_BYTES + 64 * 1024;

/// How many unacknowledged messages a client may have: the platform acknowledges a whole batch at once, and
/// the next ones arrive while it is stored.
const WINDOW: u16 = 4096;

/// What waits for one client that is away or slow, the platform included.
const QUEUE_MESSAGES: usize = 100_000;
const QUEUE_BYTES: usize = 256 * 1024 * 1024;

/// The broker itself allows its connections five seconds.
const GRACE: Duration = Duration::from_secs(6);

/// A running broker.
pub(crate) struct EmbeddedBroker {
    address: SocketAddr,
    shutdown: BrokerShutdownHandle,
    access: Arc<TokenAccess>,
    task: Task,
}

impl EmbeddedBroker {
    /// Listens on `address`. `internal` is the token by which the platform's own client gets in, and
    /// `client_id` the id that nobody else may use.
    pub(crate) async fn start(
        address: SocketAddr,
        authority: Authority,
        internal: Secret,
        client_id: String,
        tasks: &Tasks,
    ) -> Result<Self, BoxError> {
        let access = Arc::new(TokenAccess::new(authority, internal, client_id));
        let config = config(address).with_event_handler(access.clone());
        let mut broker = MqttBroker::with_config(config).await?.with_auth_provider(access.clone());
        let address = broker.local_addr().ok_or("the broker does not say where it listens")?;
        let shutdown = broker.shutdown_handle();
        let task = tasks.spawn("broker", async move {
            if let Err(error) = broker.run().await {
                tracing::error!(%error, "the broker failed");
            }
        });
        Ok(Self { address, shutdown, access, task })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether anybody listens to feeds here.
    pub(crate) fn feeds(&self) -> Arc<Feeds> {
        self.access.feeds().clone()
    }

    /// Who is connected here.
    pub(crate) fn clients(&self) -> Arc<ClientIds> {
        self.access.client_ids().clone()
    }

    /// Takes no more messages but the platform's own. What was acknowledged is still delivered.
    pub(crate) fn refuse_messages(&self) {
        self.access.close();
    }

    /// How many messages the platform has received when it has received all: see [`Link::received`].
    ///
    /// [`Link::received`]: super::Link::received
    pub(crate) fn taken(&self) -> u64 {
        self.access.taken()
    }

    /// Closes all connections and waits for them.
    pub(crate) async fn close(self) {
        self.shutdown.shutdown();
        self.task.finish(GRACE).await;
    }
}

impl fmt::Debug for EmbeddedBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedBroker").field("address", &self.address).finish_non_exhaustive()
    }
}

fn config(address: SocketAddr) -> BrokerConfig {
    // With persistence off the broker would forget sessions between connections; in memory it keeps
    // them without writing files.
    let storage = StorageConfig::new()
        .with_backend(StorageBackend::Memory)
        .with_max_queued_messages_per_client(QUEUE_MESSAGES)
        .with_max_queued_bytes_per_client(QUEUE_BYTES);
    let mut config = BrokerConfig::new()
        .with_bind_address(address)
        .with_storage(storage)
        .with_max_packet_size(MAX_PACKET)
        .with_max_outbound_inflight(WINDOW)
        .with_sys_topics_enabled(false);
    // Its failures would be counted per address, and all of a gateway's devices share one.
    config.auth_config.rate_limit = RateLimitConfig { enabled: false, ..RateLimitConfig::default() };
    config
}
