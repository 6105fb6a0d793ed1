//! Who may connect, publish and subscribe at the embedded broker: decided by token.
//!
//! MQTT 3.1.1 and 5 are spoken. Of a client that speaks 3.1 (`MQIsdp`) the connection is closed without an
//! answer: mqtt5 0.49 does not read its CONNECT.
//!
//! The token is the user name; the password is not looked at, as AllThingsTalk does. What was found
//! out at CONNECT is kept by the broker as the connection's user id, which clients cannot choose.
//!
//! A message to somebody else's topic is acknowledged and goes nowhere, as at Mosquitto: MQTT 3.1.1 has
//! no way to say no but to close the connection, and the device would send it again. It is dropped in
//! [`TokenAccess::on_client_publish`] and not in `authorize_publish`, because mqtt5 0.49 answers a
//! refused PUBLISH with an MQTT 5 PUBACK whatever the client speaks, which 3.1.1 clients cannot read.
//! So last wills, which do not pass there, are judged at CONNECT.

use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use edge_proto::DeviceId;
use edge_proto::topic::{self, Topic};
use mqtt5::QoS;
use mqtt5::broker::{
    AuthProvider, AuthResult, BrokerEventHandler, ClientConnectEvent, ClientDisconnectEvent,
    ClientPublishEvent, PublishAction,
};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use crate::authority::{Authority, Permission, is_granted_at_once};
use crate::mqtt::client_ids::ClientIds;
use crate::mqtt::feeds::Feeds;
use crate::mqtt::is_counted;
use crate::store::StoreError;
use crate::token::Access;
use edge_proto::Secret;

const PLATFORM: &str = "platform";
const ALL: &str = "all";
/// Where nobody listens: `#` does not match topics that begin with `$`.
const NOWHERE: &str = "$edge/nowhere";
const DEVICE_PREFIX: &str = "device:";
const ORGANIZATION_PREFIX: &str = "org:";

/// What the broker asks at every CONNECT, PUBLISH, SUBSCRIBE and last will.
pub(super) struct TokenAccess {
    authority: Authority,
    /// The platform's own token, made at every start.
    internal: Secret,
    /// The platform's client id: whoever else took it would get its messages.
    client_id: String,
    client_ids: Arc<ClientIds>,
    feeds: Arc<Feeds>,
    /// The platform stops: nothing is taken any more.
    is_closing: AtomicBool,
    /// How many messages went on their way to the platform and were acknowledged.
    taken: AtomicU64,
}

/// Who is connected, as the broker keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum User {
    Platform,
    Client(Access),
}

/// Whose a topic is, or every topic of a filter.
#[derive(Debug, PartialEq, Eq)]
enum Claim<'a> {
    /// The user's own, as far as can be said without looking anything up.
    Own,
    /// A device's: it depends on what that belongs to.
    Device(&'a Access, &'a str),
    /// An asset's, by its id: it depends on whose that is.
    Asset(&'a User, &'a str),
    /// Others' as well.
    Foreign,
}

impl TokenAccess {
    pub(super) fn new(authority: Authority, internal: Secret, client_id: String) -> Self {
        let (is_closing, taken) = (AtomicBool::new(false), AtomicU64::new(0));
        let client_ids = Arc::default();
        Self { authority, internal, client_id, client_ids, feeds: Arc::default(), is_closing, taken }
    }

    pub(super) fn feeds(&self) -> &Arc<Feeds> {
        &self.feeds
    }

    pub(super) fn client_ids(&self) -> &Arc<ClientIds> {
        &self.client_ids
    }

    /// From now on messages are not acknowledged, so that their senders keep them.
    pub(super) fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
    }

    /// How many messages the platform must have received when it has received all. After [`Self::close`]
    /// it does not grow.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    /// Whether a message is taken. It is counted before the question, so that one which slips through
    /// while the platform closes is waited for.
    fn take(&self, event: &ClientPublishEvent) -> bool {
        let is_counted = event.qos != QoS::AtMostOnce && is_counted(&event.topic);
        self.taken.fetch_add(is_counted.into(), Ordering::SeqCst);
        let is_taken = !self.is_closing.load(Ordering::SeqCst);
        if !is_taken {
            self.taken.fetch_sub(is_counted.into(), Ordering::SeqCst);
        }
        is_taken
    }

    async fn connect(
        &self,
        client_id: &str,
        user_name: Option<&str>,
        will: Option<&str>,
    ) -> Result<User, ReasonCode> {
        if user_name.is_some_and(|name| self.internal.matches(name)) {
            return Ok(User::Platform);
        }
        if client_id == self.client_id {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        let user = self.authority.access(user_name).map(User::Client).ok_or(ReasonCode::NotAuthorized)?;
        let is_others =
            user != User::Client(Access::All) && self.client_ids.is_others(client_id, &user.to_id());
        if !self.is_own_or_unavailable(user.claim_client_id(client_id, is_others)).await? {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        match will {
            Some(topic) if !self.is_own_or_unavailable(user.claim(topic)).await? => {
                Err(ReasonCode::NotAuthorized)
            }
            _ => Ok(user),
        }
    }

    async fn is_own_or_unavailable(&self, claim: Claim<'_>) -> Result<bool, ReasonCode> {
        self.is_own(claim).await.map_err(|_| ReasonCode::ServerUnavailable)
    }

    async fn is_own(&self, claim: Claim<'_>) -> Result<bool, StoreError> {
        let granted = match claim {
            Claim::Own => return Ok(true),
            Claim::Foreign => return Ok(false),
            Claim::Device(access, device) => self.is_granted(access, device).await,
            Claim::Asset(user, id) => self.is_asset_granted(user, id).await,
        };
        granted.inspect_err(|error| tracing::error!(%error, "cannot look up whose a topic is"))
    }

    async fn is_granted(&self, access: &Access, device: &str) -> Result<bool, StoreError> {
        Ok(self.authority.permission(access, device).await? == Permission::Granted)
    }

    async fn is_asset_granted(&self, user: &User, id: &str) -> Result<bool, StoreError> {
        let Some(place) = self.authority.asset_place(id).await? else { return Ok(false) };
        match user.claim_device(&place.device) {
            Claim::Device(access, device) => self.is_granted(access, device).await,
            claim => Ok(claim == Claim::Own),
        }
    }

    /// What becomes of a message to a topic of the sender's own.
    fn take_or_keep(&self, event: &ClientPublishEvent) -> PublishAction {
        if self.take(event) { PublishAction::Continue } else { unacknowledged() }
    }

    async fn judge(&self, event: ClientPublishEvent, user: Option<User>) -> PublishAction {
        let claim = user.as_ref().map_or(Claim::Foreign, |user| user.claim(&event.topic));
        match self.is_own(claim).await {
            Ok(true) => self.take_or_keep(&event),
            Ok(false) => {
                let topic = event.topic.escape_debug();
                tracing::warn!(client = %event.client_id, %topic, "a message to somebody else's topic is dropped");
                PublishAction::Handled
            }
            Err(_) => unacknowledged(),
        }
    }
}

/// With QoS 0 a message needs no acknowledgement, whatever its sender waits for: so it is kept there.
fn unacknowledged() -> PublishAction {
    PublishAction::Transform(PublishPacket::new(NOWHERE.to_owned(), Vec::new(), QoS::AtMostOnce))
}

impl User {
    fn to_id(&self) -> String {
        match self {
            Self::Platform => PLATFORM.to_owned(),
            Self::Client(Access::All) => ALL.to_owned(),
            Self::Client(Access::Organization(id)) => format!("{ORGANIZATION_PREFIX}{id}"),
            Self::Client(Access::Device(device)) => format!("{DEVICE_PREFIX}{device}"),
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        if let Some(organization) = id.strip_prefix(ORGANIZATION_PREFIX) {
            return Some(Self::Client(Access::Organization(organization.to_owned())));
        }
        match id {
            PLATFORM => Some(Self::Platform),
            ALL => Some(Self::Client(Access::All)),
            _ => {
                DeviceId::new(id.strip_prefix(DEVICE_PREFIX)?).ok().map(|id| Self::Client(Access::Device(id)))
            }
        }
    }

    /// Whose a client id is: nobody must throw out a device by taking its id. Of ids that do not name a
    /// device, it is whose who uses it.
    fn claim_client_id<'a>(&'a self, client_id: &'a str, is_others: bool) -> Claim<'a> {
        match client_id.strip_prefix(topic::CLIENT_ID_PREFIX) {
            Some(device) => self.claim_device(device),
            None if is_others => Claim::Foreign,
            None => Claim::Own,
        }
    }

    /// Whose a topic is. A device's are below `device/{its id}/` and `asset/{id of an asset of its}/`; a
    /// filter with a wildcard before that has others as well.
    fn claim<'a>(&'a self, topic: &'a str) -> Claim<'a> {
        if matches!(self, Self::Platform | Self::Client(Access::All)) {
            return Claim::Own;
        }
        if let Some(Topic::AssetId { id }) = Topic::parse(topic) {
            return Claim::Asset(self, id);
        }
        let device = topic.strip_prefix("device/").and_then(|rest| rest.split_once('/'));
        device.map_or(Claim::Foreign, |(device, _)| self.claim_device(device))
    }

    fn claim_device<'a>(&'a self, device: &'a str) -> Claim<'a> {
        match self {
            Self::Platform => Claim::Own,
            Self::Client(access) if is_granted_at_once(access, device) => Claim::Own,
            // No look-ups for what is no device's id, such as a wildcard.
            Self::Client(_) if edge_proto::name::check(device).is_err() => Claim::Foreign,
            Self::Client(access) => Claim::Device(access, device),
        }
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for TokenAccess {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        let will = connect.will.as_ref().map(|will| will.topic.as_str());
        Box::pin(async move {
            Ok(match self.connect(&connect.client_id, connect.username.as_deref(), will).await {
                Ok(user) => AuthResult::success_with_user(user.to_id()),
                Err(reason) => AuthResult::fail(reason),
            })
        })
    }

    fn authorize_publish<'a>(&'a self, _: &str, user: Option<&'a str>, _: &'a str) -> Answer<'a, bool> {
        Box::pin(ready(user.is_some()))
    }

    fn authorize_subscribe<'a>(
        &'a self,
        _: &str,
        user: Option<&'a str>,
        filter: &'a str,
    ) -> Answer<'a, bool> {
        Box::pin(async move {
            let Some(user) = user.and_then(User::from_id) else { return false };
            let is_granted = self.is_own(user.claim(filter)).await.unwrap_or(false);
            if is_granted && user != User::Platform {
                self.feeds.note(filter);
            }
            is_granted
        })
    }
}

impl BrokerEventHandler for TokenAccess {
    fn on_client_connect<'a>(&'a self, event: ClientConnectEvent) -> Answer<'a, ()> {
        self.client_ids.connected(&event.client_id, event.user_id.as_deref().unwrap_or_default());
        Box::pin(ready(()))
    }

    fn on_client_disconnect<'a>(&'a self, event: ClientDisconnectEvent) -> Answer<'a, ()> {
        self.client_ids.disconnected(&event.client_id);
        Box::pin(ready(()))
    }

    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> Answer<'a, PublishAction> {
        let user = event.user_id.as_deref().and_then(User::from_id);
        match &user {
            Some(User::Platform) => Box::pin(ready(PublishAction::Continue)),
            Some(user) if user.claim(&event.topic) == Claim::Own => {
                Box::pin(ready(self.take_or_keep(&event)))
            }
            _ => Box::pin(self.judge(event, user)),
        }
    }
}

#[cfg(test)]
mod tests;
