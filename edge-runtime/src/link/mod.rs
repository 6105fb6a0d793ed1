//! The data plane: messages to and from the platform's broker.
//!
//! A [`Link`] owns the connection and nothing else. What to send, what to send again, what to
//! subscribe to, and how long to wait before the next attempt is the [`Driver`]'s, whose methods
//! return at once: the task that polls the connection never waits for anything else.

mod dialect;
#[cfg(feature = "mqtt")]
pub(crate) mod mqtt;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

pub use dialect::Dialect;

use crate::future::BoxFuture;
pub use crate::model::QoS;

/// Names a message or a subscription between driver and link; each has numbers of its own.
pub type Token = u64;

/// A message to send.
#[derive(Clone, Debug)]
pub struct Publish {
    /// By which its acknowledgement is reported.
    pub token: Token,
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// How sure.
    pub qos: QoS,
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
    /// It was sent before, on a session that is gone, and nobody knows whether it has arrived: it says so (DUP).
    pub again: bool,
}

/// What the driver wants from the connection.
#[derive(Clone, Debug)]
pub enum Request {
    /// Send a message.
    Publish(Publish),
    /// Subscribe to these filters, QoS 1; answered by [`Driver::subscribed`] with the same token.
    Subscribe(Token, Vec<String>),
    /// Give these filters up.
    Unsubscribe(Vec<String>),
    /// Acknowledge a received message, by [`Received::ack`].
    Acknowledge(u64),
    /// Say goodbye after all that was sent before is acknowledged, and end.
    Disconnect,
}

/// A message that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The topic; text that is not UTF-8 arrives with replacement characters.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// Whether the broker had kept it from before.
    pub retained: bool,
    /// By which it is acknowledged; `None` for QoS 0.
    pub ack: Option<u64>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// Not reached, or the connection broke.
    #[error("no connection to the broker at {endpoint}")]
    Connection {
        /// Its address.
        endpoint: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It is connected, and does not acknowledge what it was sent.
    #[error("the broker at {endpoint} does not acknowledge what it was sent")]
    Silent {
        /// Its address.
        endpoint: String,
    },
    /// Connections end soon after they are made, again and again.
    #[error(
        "the broker at {endpoint} has ended {times} connections soon after they were made: perhaps another \
         program uses the client id `{client_id}`, or the device is not allowed to say what it says"
    )]
    Displaced {
        /// Its address.
        endpoint: String,
        /// Ours.
        client_id: String,
        /// How often in a row.
        times: u32,
        /// How the last one ended.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It ends the connection whenever something comes on this topic: what is for it waits, and is tried now and then.
    #[error(
        "the broker at {endpoint} ends the connection when something comes on `{topic}`: perhaps the device may not say \
         it, or it is too large; what is for this topic waits, and is tried now and then, at most every ten minutes"
    )]
    Barred {
        /// Its address.
        endpoint: String,
        /// The topic.
        topic: String,
    },
    /// The broker refuses these credentials or this client.
    #[error("the broker at {endpoint} refuses the connection: {reason}")]
    Refused {
        /// Its address.
        endpoint: String,
        /// Its words.
        reason: String,
    },
    /// The broker refuses a subscription: commands would not arrive.
    #[error("the broker at {endpoint} refuses the subscription to `{filter}`")]
    Subscription {
        /// Its address.
        endpoint: String,
        /// To what.
        filter: String,
    },
}

impl LinkError {
    /// Whether the next attempt may succeed without anything being changed by hand.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Connection { .. } | Self::Silent { .. } | Self::Displaced { .. } | Self::Barred { .. } => {
                true
            }
            Self::Refused { .. } | Self::Subscription { .. } => false,
        }
    }

    /// Whether there was a connection that the other side has ended. Who is not to be reached, or does not answer, has not.
    pub(crate) fn is_ended_by_broker(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        let Self::Connection { source, .. } = self else { return false };
        source.downcast_ref::<io::Error>().is_some_and(|error| {
            matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe)
        })
    }
}

/// What the broker says in our place when the connection breaks.
#[derive(Clone, Debug)]
pub struct Will {
    /// The topic.
    pub topic: String,
    /// The payload; retained.
    pub payload: Bytes,
}

/// With what a link introduces itself.
#[derive(Clone, Debug)]
pub struct Hello {
    /// Unique at the broker; the session is kept under it.
    pub client_id: String,
    /// Said when the connection breaks.
    pub will: Option<Will>,
}

/// A way to a broker.
pub trait Link: Send + Sync + fmt::Debug + 'static {
    /// The broker's address, for errors and logs; without credentials.
    fn endpoint(&self) -> String;

    /// What is spoken over it.
    fn dialect(&self) -> Dialect {
        Dialect::Native
    }

    /// Runs the connection until the driver asks for [`Request::Disconnect`]; reconnects by itself,
    /// after the waits that the driver says. Dropping the future breaks the connection.
    fn run(&self, hello: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()>;
}

/// The other side of a link: says what to send, hears what happened. No method waits.
pub trait Driver: Send {
    /// Notified when [`next`](Self::next) may have something new, after it had nothing. So whoever asks goes on until it
    /// has nothing, and asks again when this is notified, and after every other call.
    fn ready(&self) -> Arc<Notify>;

    /// The next thing to do on the established connection; `None`: nothing for now. Only after that [`ready`](Self::ready)
    /// is notified again.
    fn next(&mut self) -> Option<Request>;

    /// Whether it says again by itself what is on its way, although the broker has kept the session: asked when there is a
    /// connection, of which [`connected`](Self::connected) is told then as of one with a new session.
    fn starts_anew(&mut self) -> bool {
        false
    }

    /// A connection is established. If the broker kept the session, what was sent and not
    /// acknowledged is being sent again by the link; otherwise the driver must send it again.
    fn connected(&mut self, resumed: bool);

    /// The broker has answered [`Request::Subscribe`]: all filters are in place but the refused ones, by
    /// their position.
    fn subscribed(&mut self, token: Token, refused: Vec<(usize, LinkError)>);

    /// A message is the broker's (QoS 1), or on its way (QoS 0).
    fn acknowledged(&mut self, token: Token);

    /// A message came.
    fn received(&mut self, message: Received);

    /// There is no connection, or no more. Returns how long to wait before the next attempt.
    fn lost(&mut self, error: LinkError) -> Duration;

    /// Whether that wait is to end at once after all: asked when it begins, and whenever it is
    /// [`ready`](Self::ready) meanwhile.
    fn is_in_haste(&mut self) -> bool {
        false
    }
}

/// Waits before the next attempt; shorter when the driver is in haste.
pub(crate) async fn pause(ready: &Notify, delay: Duration, mut is_in_haste: impl FnMut() -> bool) {
    let end = tokio::time::sleep(delay);
    tokio::pin!(end);
    while !is_in_haste() {
        tokio::select! {
            () = &mut end => return,
            () = ready.notified() => {}
        }
    }
}
