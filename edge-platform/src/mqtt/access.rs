//! Who may connect, publish and subscribe at the embedded broker: decided by token.
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
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use edge_proto::{DeviceId, topic};
use mqtt5::QoS;
use mqtt5::broker::{AuthProvider, AuthResult, BrokerEventHandler, ClientPublishEvent, PublishAction};
use mqtt5::packet::connect::ConnectPacket;
use mqtt5::packet::publish::PublishPacket;
use mqtt5::protocol::v5::reason_codes::ReasonCode;

use crate::mqtt::is_counted;
use crate::token::{Access, Tokens};
use edge_proto::Secret;

const PLATFORM: &str = "platform";
const ALL: &str = "all";
/// Where nobody listens: `#` does not match topics that begin with `$`.
const NOWHERE: &str = "$edge/nowhere";
const DEVICE_PREFIX: &str = "device:";

/// What the broker asks at every CONNECT, PUBLISH, SUBSCRIBE and last will.
pub(super) struct TokenAccess {
    tokens: Tokens,
    /// The platform's own token, made at every start.
    internal: Secret,
    /// The platform's client id: whoever else took it would get its messages.
    client_id: String,
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

impl TokenAccess {
    pub(super) fn new(tokens: Tokens, internal: Secret, client_id: String) -> Self {
        Self { tokens, internal, client_id, is_closing: AtomicBool::new(false), taken: AtomicU64::new(0) }
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

    fn connect(
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
        let user = self.tokens.access(user_name).map(User::Client);
        if user.as_ref().is_some_and(|user| !user.may_be(client_id)) {
            return Err(ReasonCode::ClientIdentifierNotValid);
        }
        user.filter(|user| will.is_none_or(|topic| user.owns(topic))).ok_or(ReasonCode::NotAuthorized)
    }
}

impl User {
    fn to_id(&self) -> String {
        match self {
            Self::Platform => PLATFORM.to_owned(),
            Self::Client(Access::All) => ALL.to_owned(),
            Self::Client(Access::Device(device)) => format!("{DEVICE_PREFIX}{device}"),
        }
    }

    fn from_id(id: &str) -> Option<Self> {
        match id {
            PLATFORM => Some(Self::Platform),
            ALL => Some(Self::Client(Access::All)),
            _ => {
                DeviceId::new(id.strip_prefix(DEVICE_PREFIX)?).ok().map(|id| Self::Client(Access::Device(id)))
            }
        }
    }

    /// Whether a client id may be the user's: a device must not throw out another one by taking its id.
    fn may_be(&self, client_id: &str) -> bool {
        match (self, client_id.strip_prefix(topic::CLIENT_ID_PREFIX)) {
            (Self::Client(access @ Access::Device(_)), Some(device)) => access.allows(device),
            _ => true,
        }
    }

    /// Whether a topic, or every topic of a filter, is the user's. A device's are below
    /// `device/{its id}/`, and a filter with a wildcard before that has others as well.
    fn owns(&self, topic: &str) -> bool {
        match self {
            Self::Platform | Self::Client(Access::All) => true,
            Self::Client(access @ Access::Device(_)) => {
                let own = topic.strip_prefix("device/").and_then(|rest| rest.split_once('/'));
                own.is_some_and(|(device, _)| access.allows(device))
            }
        }
    }
}

fn owns(user: Option<&str>, topic: &str) -> bool {
    user.and_then(User::from_id).is_some_and(|user| user.owns(topic))
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for TokenAccess {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        let will = connect.will.as_ref().map(|will| will.topic.as_str());
        let result = match self.connect(&connect.client_id, connect.username.as_deref(), will) {
            Ok(user) => AuthResult::success_with_user(user.to_id()),
            Err(reason) => AuthResult::fail(reason),
        };
        Box::pin(ready(Ok(result)))
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
        Box::pin(ready(owns(user, filter)))
    }
}

impl BrokerEventHandler for TokenAccess {
    fn on_client_publish<'a>(&'a self, event: ClientPublishEvent) -> Answer<'a, PublishAction> {
        let user = event.user_id.as_deref();
        if user == Some(PLATFORM) {
            return Box::pin(ready(PublishAction::Continue));
        }
        if owns(user, &event.topic) {
            if self.take(&event) {
                return Box::pin(ready(PublishAction::Continue));
            }
            // With QoS 0 it needs no acknowledgement, whatever the sender waits for.
            let nothing = PublishPacket::new(NOWHERE.to_owned(), Vec::new(), QoS::AtMostOnce);
            return Box::pin(ready(PublishAction::Transform(nothing)));
        }
        let topic = event.topic.escape_debug();
        tracing::warn!(client = %event.client_id, %topic, "a message to somebody else's topic is dropped");
        Box::pin(ready(PublishAction::Handled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access() -> TokenAccess {
        let tokens: Tokens = "all dev=GH-1".parse().unwrap();
        TokenAccess::new(tokens, Secret::new("internal"), "edge-platform".into())
    }

    #[test]
    fn the_user_name_is_the_token() {
        let device = User::Client(Access::Device(DeviceId::new("GH-1").unwrap()));
        for (user, expected) in [
            (Some("all"), Ok(User::Client(Access::All))),
            (Some("dev"), Ok(device)),
            (Some("internal"), Ok(User::Platform)),
            (Some("other"), Err(ReasonCode::NotAuthorized)),
            (None, Err(ReasonCode::NotAuthorized)),
        ] {
            let found = access().connect("c", user, None);
            assert_eq!(found, expected, "{user:?}");
            if let Ok(user) = found {
                assert_eq!(User::from_id(&user.to_id()), Some(user));
            }
        }
    }

    #[test]
    fn nobody_else_gets_the_platforms_client_id() {
        let taken = access().connect("edge-platform", Some("all"), None);
        assert_eq!(taken, Err(ReasonCode::ClientIdentifierNotValid));
        assert_eq!(access().connect("edge-platform", Some("internal"), None), Ok(User::Platform));
    }

    #[test]
    fn a_device_cannot_take_the_place_of_another() {
        let connect = |client_id| access().connect(client_id, Some("dev"), None);
        assert!(connect("edge-GH-1").is_ok() && connect("").is_ok() && connect("any").is_ok());
        assert_eq!(connect("edge-GH-2"), Err(ReasonCode::ClientIdentifierNotValid));
        assert!(access().connect("edge-GH-2", Some("all"), None).is_ok());
    }

    #[test]
    fn a_will_must_be_the_devices_own() {
        let connect = |topic| access().connect("c", Some("dev"), Some(topic));
        assert!(connect("device/GH-1/presence").is_ok());
        assert_eq!(connect("device/GH-2/presence"), Err(ReasonCode::NotAuthorized));
    }

    #[test]
    fn a_device_has_what_is_below_its_own_id() {
        let device = Some("device:GH-1");
        for topic in ["device/GH-1/state", "device/GH-1/asset/+/command", "device/GH-1/#"] {
            assert!(owns(device, topic), "{topic}");
        }
        for topic in [
            "device/GH-2/state",
            "device/GH-10/state",
            "device/+/state",
            "device/#",
            "#",
            "+/GH-1/state",
            "device/GH-1",
            "$share/g/device/GH-1/#",
            "$SYS/broker",
            "",
        ] {
            assert!(!owns(device, topic), "{topic}");
        }
        assert!(owns(Some("all"), "#"));
        assert!(!owns(None, "device/GH-1/state"));
        assert!(!owns(Some("GH-1"), "device/GH-1/state"));
    }
}
