//! All services of a platform: started in order, stopped in the opposite one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::to_raw_value;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, mpsc, watch};

use edge_proto::payload::Outcome;

use crate::authority::Authority;
use crate::command::{CommandError, Commands, Wanted};
use crate::config::Config;
use crate::counts::{Counters, Counts};
use crate::error::{BoxError, StartError};
use crate::ingest::{self, ReportEvent, StateEvent};
use crate::mqtt::{EmbeddedBroker, FILTERS, Feeds, Link, LinkOptions, LinkState, start_link};
use crate::objects::{Objects, ObjectsUrl};
use crate::platform::Platform;
use crate::ready::{self, Ready};
use crate::store::{AssetRecord, Store, StoreError, StoredState};
use crate::task::{Task, Tasks};
use crate::{announce, grpc, http, presence};
use edge_proto::Secret;

/// How long calls, requests and messages that are running may take when the platform stops.
const GRACE: Duration = Duration::from_secs(5);

/// How long the embedded broker may take to hand over what it has acknowledged.
const DRAIN: Duration = Duration::from_secs(3);

const RECHECK: Duration = Duration::from_millis(5);

/// How many states wait for a slow watcher before it loses the oldest.
const WATCHED_STATES: usize = 4096;

/// The platform's client id is this and a name of its database: two platforms may share a broker.
const CLIENT_ID: &str = "edge-platform";

/// A running platform. Dropped, it stops at once; [`Server::close`] finishes first.
#[derive(Debug)]
pub struct Server {
    platform: Arc<Platform>,
    grpc_address: SocketAddr,
    /// Whether the Connector speaks TLS.
    has_tls: bool,
    http_address: SocketAddr,
    /// `host:port` of the broker in use.
    broker_address: String,
    /// `None`: an external broker is used.
    broker: Option<EmbeddedBroker>,
    grpc: Task,
    http: Task,
    ingest: Task,
    announce: Task,
    notices: Task,
    link: Task,
    /// Tells all tasks to finish; dropped, it tells the same.
    stop: watch::Sender<bool>,
    tasks: Tasks,
}

impl Server {
    /// Starts everything, and returns when all of it can be used.
    ///
    /// # Errors
    /// The first thing that did not start. What was started before is stopped.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.check()?;
        if let Some(path) = &config.ready_file {
            let failed = |source| StartError::ReadyFile { path: path.clone(), source };
            ready::remove(path).await.map_err(failed)?;
        }
        let transport = grpc::Transport::new(config.tls.as_ref()).await?;
        let grpc_listener = listen("gRPC", config.grpc).await?;
        let http_listener = listen("HTTP", config.http).await?;
        let grpc_address = local(&grpc_listener, config.grpc);
        let http_address = local(&http_listener, config.http);
        let database = || config.database.to_string();
        let failed = |source| StartError::Store { database: database(), source };
        let store = Store::open(&config.database).await.map_err(failed)?;
        let store = store.with_history(config.history.per_asset).with_reports(config.history.per_device);
        let client_id = format!("{CLIENT_ID}-{}", store.instance().await.map_err(failed)?);

        let place = config.objects.clone().or_else(|| ObjectsUrl::beside(&config.database));
        let objects = Objects::new(place.clone(), config.max_object, config.max_objects);
        let place = || place.as_ref().map(ToString::to_string).unwrap_or_default();
        objects.check().await.map_err(|source| StartError::Objects { place: place(), source })?;

        if config.broker.is_none() {
            // Nobody is connected to a broker that starts only now.
            store.forget_presences().await.map_err(failed)?;
        }

        let tasks = Tasks::new();
        let (stop, stopped) = watch::channel(false);
        let authority = Authority::new(config.tokens.clone(), store.clone());
        let (broker, options) = broker(&config, client_id, &authority, &tasks).await?;
        let broker_address = match (&config.broker, &broker) {
            (Some(url), _) => url.to_string(),
            (None, Some(broker)) => broker.address().to_string(),
            (None, None) => String::new(),
        };
        let counters = Arc::new(Counters::default());
        let (link, received, link_task) = start_link(options, counters.clone(), stopped.clone(), &tasks);
        let (notices, noticed) = mpsc::unbounded_channel();
        let platform = Arc::new(Platform {
            store,
            objects,
            authority,
            commands: Commands::default(),
            link,
            feeds: broker.as_ref().map_or_else(|| Arc::new(Feeds::unknown()), EmbeddedBroker::feeds),
            clients: broker.as_ref().map_or_else(Arc::default, EmbeddedBroker::clients),
            counters,
            notices,
            states: broadcast::Sender::new(WATCHED_STATES),
            reports: broadcast::Sender::new(WATCHED_STATES),
            auto_create: config.auto_create,
        });
        let ingest = tasks.spawn("ingest", ingest::run(platform.clone(), received, stopped.clone()));
        let announce = tasks.spawn("announce", announce::run(platform.clone(), stopped.clone()));
        let notices = presence::run(platform.link.clone(), noticed, stopped.clone());
        let notices = tasks.spawn("notices", notices);
        wait_for_broker(&platform, &broker_address, config.startup_timeout).await?;
        let grpc = grpc::start(grpc_listener, transport, platform.clone(), stopped.clone(), &tasks).await;
        let grpc = grpc.map_err(|source| StartError::Services { source })?;
        let http = http::start(http_listener, platform.clone(), stopped, &tasks);
        let server = Self {
            platform,
            grpc_address,
            has_tls: config.tls.is_some(),
            http_address,
            broker_address,
            broker,
            grpc,
            http,
            ingest,
            announce,
            notices,
            link: link_task,
            stop,
            tasks,
        };
        server.write_ready_file(&config).await?;
        Ok(server)
    }

    /// Where the Connector listens.
    pub fn grpc(&self) -> SocketAddr {
        self.grpc_address
    }

    /// Where the HTTP API listens.
    pub fn http(&self) -> SocketAddr {
        self.http_address
    }

    /// Where the embedded broker listens; `None` with an external one.
    pub fn embedded_broker(&self) -> Option<SocketAddr> {
        self.broker.as_ref().map(EmbeddedBroker::address)
    }

    /// `host:port` of the broker in use, embedded or not.
    pub fn broker_address(&self) -> &str {
        &self.broker_address
    }

    /// What a device's `EDGE_CONNECTOR` would be.
    pub fn connector_url(&self) -> String {
        let scheme = if self.has_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.grpc_address)
    }

    /// Where the HTTP API's paths begin.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http_address)
    }

    /// What a device's `EDGE_MQTT` would be.
    pub fn mqtt_url(&self) -> String {
        format!("mqtt://{}", self.broker_address)
    }

    /// Sends a command and waits for its outcome. The device judges the value: a refusal is an outcome.
    ///
    /// # Errors
    /// When there is no such device or asset, nothing can be sent, or no answer came in time.
    ///
    /// # Cancel safety
    /// Cancelled, the command may still be done; its outcome is dropped.
    pub async fn send_command(
        &self,
        device: &str,
        asset: &str,
        value: serde_json::Value,
        timeout: Duration,
    ) -> Result<Outcome, CommandError> {
        let value = to_raw_value(&value).map_err(|source| CommandError::Value { source })?;
        self.platform.command(device, Wanted::Asset(asset, &value), timeout).await
    }

    /// The newest state of an asset; `None`: never set, or not registered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn state(&self, device: &str, asset: &str) -> Result<Option<StoredState>, StoreError> {
        Ok(self.platform.store.asset(device, asset).await?.and_then(|asset| asset.state))
    }

    /// A device's assets in the order of their declaration; empty when it is not registered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn assets(&self, device: &str) -> Result<Vec<AssetRecord>, StoreError> {
        Ok(self.platform.store.assets(device).await?.unwrap_or_default())
    }

    /// Every state from now on that becomes the newest of its asset, after the store has it.
    pub fn states(&self) -> broadcast::Receiver<StateEvent> {
        self.platform.states.subscribe()
    }

    /// Every alert and all data from now on that are new, after the store has them.
    pub fn reports(&self) -> broadcast::Receiver<ReportEvent> {
        self.platform.reports.subscribe()
    }

    /// What was counted since the start.
    pub fn counts(&self) -> Counts {
        self.platform.counters.snapshot()
    }

    /// Waits until a service ends that should not, and names it. Cancel safe.
    pub async fn failed(&mut self) -> &'static str {
        self.tasks.ended().await
    }

    /// Takes nothing new, finishes what is running, stores and acknowledges what has arrived, and stops.
    pub async fn close(self) {
        if let Some(broker) = &self.broker {
            // An external broker keeps what it has acknowledged. Ours ends with us.
            broker.refuse_messages();
            let received = wait_for_messages(&self.platform.link, broker);
            if tokio::time::timeout(DRAIN, received).await.is_err() {
                tracing::warn!("the broker did not hand over everything in time");
            }
            self.platform.drain(DRAIN).await;
        }
        self.platform.commands.close();
        self.stop.send_replace(true);
        tokio::join!(
            self.grpc.finish(GRACE),
            self.http.finish(GRACE),
            self.ingest.finish(GRACE),
            self.announce.finish(GRACE),
            self.notices.finish(GRACE)
        );
        self.link.finish(GRACE).await;
        if let Some(broker) = self.broker {
            broker.close().await;
        }
        self.platform.store.close().await;
    }

    async fn write_ready_file(&self, config: &Config) -> Result<(), StartError> {
        let Some(path) = &config.ready_file else { return Ok(()) };
        let ready = Ready {
            grpc: self.grpc_address.to_string(),
            http: self.http_address.to_string(),
            mqtt: self.broker_address.clone(),
        };
        let failed = |source| StartError::ReadyFile { path: path.clone(), source };
        ready::write(path, &ready).await.map_err(failed)
    }
}

async fn listen(service: &'static str, address: SocketAddr) -> Result<TcpListener, StartError> {
    let failed = |source: std::io::Error| StartError::Listen { service, address, source: source.into() };
    TcpListener::bind(address).await.map_err(failed)
}

/// The port that was given for port 0.
fn local(listener: &TcpListener, asked: SocketAddr) -> SocketAddr {
    listener.local_addr().unwrap_or(asked)
}

/// The embedded broker, if it is to be used, and how to connect to the one in use.
async fn broker(
    config: &Config,
    client_id: String,
    authority: &Authority,
    tasks: &Tasks,
) -> Result<(Option<EmbeddedBroker>, LinkOptions), StartError> {
    let filters = FILTERS.map(str::to_owned).to_vec();
    if let Some(url) = &config.broker {
        let options = LinkOptions {
            host: url.host.clone(),
            port: url.port,
            user: url.user.clone(),
            password: url.password.clone(),
            client_id,
            // Who forgets its own name at the end would leave a session behind at every start.
            is_persistent: config.database.is_durable(),
            filters,
        };
        return Ok((None, options));
    }
    let internal = unguessable();
    let started =
        EmbeddedBroker::start(config.mqtt, authority.clone(), internal.clone(), client_id.clone(), tasks);
    let failed = |source: BoxError| StartError::Listen { service: "MQTT", address: config.mqtt, source };
    let broker = started.await.map_err(failed)?;
    let address = reachable(broker.address());
    let options = LinkOptions {
        host: address.ip().to_string(),
        port: address.port(),
        user: Some(internal),
        password: None,
        client_id,
        is_persistent: true,
        filters,
    };
    Ok((Some(broker), options))
}

/// A secret that nobody can guess.
fn unguessable() -> Secret {
    let half = || uuid::Uuid::new_v4().simple().to_string();
    Secret::new(half() + &half())
}

/// Waits until every message that the broker has taken has arrived.
async fn wait_for_messages(link: &Link, broker: &EmbeddedBroker) {
    // Asked again and again: a message that is refused was counted for a moment.
    while tokio::time::timeout(RECHECK, link.received(|count| count >= broker.taken())).await.is_err() {}
}

/// Where to connect to what listens on `address`: on every interface means on loopback as well.
fn reachable(address: SocketAddr) -> SocketAddr {
    let loopback = match address {
        SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    if address.ip().is_unspecified() { SocketAddr::new(loopback, address.port()) } else { address }
}

async fn wait_for_broker(platform: &Platform, address: &str, limit: Duration) -> Result<(), StartError> {
    if tokio::time::timeout(limit, platform.link.up()).await.is_ok() {
        return Ok(());
    }
    let source: BoxError = match platform.link.state() {
        LinkState::Away(Some(error)) => error.to_string().into(),
        _ => "the broker does not answer".into(),
    };
    Err(StartError::Broker { address: address.to_owned(), seconds: limit.as_secs_f64(), source })
}
