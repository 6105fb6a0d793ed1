//! What the broker writes down.

use bytes::Bytes;
use tokio::time::Instant;

/// Everything that clients have said to a [`LedgerBroker`](super::LedgerBroker), and how their connections
/// ended, in order.
#[derive(Debug, Default)]
pub struct Ledger {
    records: Vec<Record>,
    published: usize,
}

/// One line of the ledger.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// On which connection; they are counted from 0.
    pub connection: usize,
    /// When.
    pub at: Instant,
    /// What.
    pub event: Event,
}

/// What happened on a connection.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A client introduced itself.
    Connect(Connect),
    /// A message came.
    Publish(Publish),
    /// A subscription was asked for.
    Subscribe(Subscribe),
    /// A subscription was given up.
    Unsubscribe(Unsubscribe),
    /// The client acknowledged a message that was delivered to it.
    PubAck(u16),
    /// A sign of life.
    Ping,
    /// A goodbye.
    Disconnect,
    /// What came is no MQTT.
    Malformed(&'static str),
    /// The connection ended without a goodbye, whoever ended it.
    Lost,
    /// The broker said the client's last will.
    Will(LastWill),
}

/// A CONNECT packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connect {
    /// Under which the session is kept.
    pub client_id: String,
    /// Whether no session is to be kept.
    pub clean_session: bool,
    /// In seconds.
    pub keep_alive: u16,
    /// What is to be said if the connection breaks.
    pub will: Option<LastWill>,
    /// Whether it had a user's name. What it was, or the password, is not written down.
    pub has_user: bool,
}

/// A client's last will.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastWill {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// 0, 1 or 2.
    pub qos: u8,
    /// Whether it is kept.
    pub retain: bool,
}

/// A PUBLISH packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Publish {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// 0 or 1.
    pub qos: u8,
    /// Whether the client says that it may have sent this before.
    pub dup: bool,
    /// Whether it is to be kept.
    pub retain: bool,
    /// 0 with QoS 0.
    pub packet_id: u16,
}

impl Publish {
    /// The payload as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

/// A SUBSCRIBE packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscribe {
    /// Its number.
    pub packet_id: u16,
    /// To what.
    pub filters: Vec<String>,
}

/// An UNSUBSCRIBE packet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsubscribe {
    /// Its number.
    pub packet_id: u16,
    /// From what.
    pub filters: Vec<String>,
}

impl Ledger {
    pub(super) fn write(&mut self, connection: usize, event: Event) {
        self.published += usize::from(matches!(event, Event::Publish(_)));
        self.records.push(Record { connection, at: Instant::now(), event });
    }

    /// All of it.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How many messages came, repeated ones included. Does not count them each time, as
    /// [`publishes`](Self::publishes) would.
    pub fn published(&self) -> usize {
        self.published
    }

    /// The messages.
    pub fn publishes(&self) -> impl Iterator<Item = (&Record, &Publish)> {
        self.pick(|event| if let Event::Publish(publish) = event { Some(publish) } else { None })
    }

    /// The CONNECT packets, also of those that were refused or not answered.
    pub fn connects(&self) -> impl Iterator<Item = (&Record, &Connect)> {
        self.pick(|event| if let Event::Connect(connect) = event { Some(connect) } else { None })
    }

    /// The SUBSCRIBE packets.
    pub fn subscribes(&self) -> impl Iterator<Item = (&Record, &Subscribe)> {
        self.pick(|event| if let Event::Subscribe(subscribe) = event { Some(subscribe) } else { None })
    }

    /// The last wills that were said.
    pub fn wills(&self) -> impl Iterator<Item = (&Record, &LastWill)> {
        self.pick(|event| if let Event::Will(will) = event { Some(will) } else { None })
    }

    /// Which delivered messages the clients acknowledged, by packet id.
    pub fn acknowledged(&self) -> impl Iterator<Item = (&Record, &u16)> {
        self.pick(|event| if let Event::PubAck(packet_id) = event { Some(packet_id) } else { None })
    }

    fn pick<T: 'static>(&self, pick: impl Fn(&Event) -> Option<&T>) -> impl Iterator<Item = (&Record, &T)> {
        self.records.iter().filter_map(move |record| pick(&record.event).map(|found| (record, found)))
    }
}
