//! MQTT 3.1.1 as a [`Link`]: packets are written and read by rumqttc's codec, and PUBLISH and PUBACK by hand; when and which is decided here.
//!
//! One task has the connection and waits for nothing else: it writes what the driver wants to say, as much at once
//! as there is, and hands the driver what it reads. While the broker keeps the session, what is on its way is sent
//! again under its numbers; after a lost session it is forgotten, and the driver starts again from its outbox.

mod conversation;
mod flight;
mod packet;
mod stream;
mod waits;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use edge_proto::Secret;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use self::conversation::Conversation;
use self::flight::Flight;
use self::packet::{Connect, Malformed, Packet, Reader, Unsayable, Welcome};
use self::stream::Stream;
use super::{Dialect, Driver, Hello, Link, LinkError, Token, pause};
use crate::future::BoxFuture;
use crate::tls::TlsConfig;

/// The broker hears something of us at least so often.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// For everything until the broker has said that we are connected.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After so many connections in a row that end with something that cannot be read, it is in the session.
const POISONED: u32 = 3;

/// Host and port.
type Node = (String, u16);

/// A broker, or a cluster: any of its nodes will do.
#[derive(Clone, Debug)]
pub(crate) struct Mqtt {
    /// At least one. Tried in turn: after a connection is lost, it is the next one's.
    pub(crate) nodes: Vec<Node>,
    /// `None`: in clear.
    pub(crate) tls: Option<TlsConfig>,
    /// User and password.
    pub(crate) credentials: Option<(Secret, Secret)>,
    pub(crate) dialect: Dialect,
}

impl Mqtt {
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "mqtts" } else { "mqtt" }
    }
}

impl Link for Mqtt {
    fn endpoint(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        format!("{}://{}", self.scheme(), nodes.join(","))
    }

    fn dialect(&self) -> Dialect {
        self.dialect
    }

    fn run(&self, hello: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        Box::pin(Client::new(self.clone(), hello, driver).run())
    }
}

/// Why a connection, or an attempt at one, has ended.
#[derive(Debug)]
enum Ended {
    /// Not reached, or broken.
    Broken(io::Error),
    /// The broker says what cannot be read.
    Unread(Malformed),
    /// What we want to say cannot be said.
    Unsaid(Unsayable),
    /// It does not answer what it must answer.
    Silent,
    /// It does not want us, and why.
    Refused(&'static str),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<Malformed> for Ended {
    fn from(error: Malformed) -> Self {
        Self::Unread(error)
    }
}

impl From<Unsayable> for Ended {
    fn from(error: Unsayable) -> Self {
        Self::Unsaid(error)
    }
}

/// What is asked of the broker about the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Session {
    /// The session as it is, or a new one that is kept.
    Kept,
    /// That it forgets the session; it is all that the connection is for.
    Forgotten,
}

/// What outlives a connection.
struct Client {
    broker: Mqtt,
    /// Which of the nodes is spoken to.
    node: usize,
    hello: Hello,
    driver: Box<dyn Driver>,
    ready: Arc<Notify>,
    /// On its way on the session.
    flight: Flight,
    /// Messages that were written down, and of which no more will be heard.
    unheard: Vec<Token>,
    /// Whatever the broker has kept of the session, nothing is known of it.
    is_new: bool,
    /// How many connections in a row have ended with something that cannot be read.
    unread: u32,
    /// The session has something in it that cannot be read, and that comes with every connection.
    is_poisoned: bool,
    /// The driver wants to end it.
    is_leaving: bool,
}

impl Client {
    fn new(broker: Mqtt, hello: Hello, driver: Box<dyn Driver>) -> Self {
        Self {
            broker,
            node: 0,
            hello,
            ready: driver.ready(),
            driver,
            flight: Flight::default(),
            unheard: Vec::new(),
            is_new: false,
            unread: 0,
            is_poisoned: false,
            is_leaving: false,
        }
    }

    /// The address of the node that is spoken to.
    fn endpoint(&self) -> String {
        let (host, port) = &self.broker.nodes[self.node];
        format!("{}://{host}:{port}", self.broker.scheme())
    }

    /// Connects again and again, after the driver's waits and to one node after the other, until the driver has said goodbye.
    async fn run(mut self) {
        loop {
            let Err(ended) = self.once().await else { return };
            // They are said once, whether they came to the socket or not.
            self.tell_unheard();
            let error = self.error(ended);
            self.node = (self.node + 1) % self.broker.nodes.len();
            let delay = self.driver.lost(error);
            if self.is_leaving {
                return;
            }
            pause(&self.ready, delay, || self.driver.is_in_haste()).await;
        }
    }

    /// Returns whether there was something to tell.
    fn tell_unheard(&mut self) -> bool {
        let Self { unheard, driver, .. } = self;
        let is_some = !unheard.is_empty();
        unheard.drain(..).for_each(|token| driver.acknowledged(token));
        is_some
    }

    /// One connection. `Ok` when goodbye was said.
    async fn once(&mut self) -> Result<(), Ended> {
        if self.is_poisoned {
            self.forget().await?;
        }
        let (stream, read, session_present) = self.connect(Session::Kept).await?;
        let is_new = std::mem::take(&mut self.is_new) | self.driver.starts_anew();
        let resumed = session_present && !is_new;
        tracing::info!(endpoint = self.endpoint(), resumed, "connected");
        if !resumed {
            self.flight = Flight::default();
        }
        self.driver.connected(resumed);
        Conversation::new(self, stream, read).run(resumed).await
    }

    /// Lets the broker forget the session.
    async fn forget(&mut self) -> Result<(), Ended> {
        let (mut stream, ..) = self.connect(Session::Forgotten).await?;
        let mut out = BytesMut::new();
        packet::write_disconnect(&mut out)?;
        stream.write_all(&out).await?;
        stream.shutdown().await?;
        (self.is_poisoned, self.is_new) = (false, true);
        Ok(())
    }

    /// Returns the connection, what was read behind the broker's answer, and whether it has kept the session.
    async fn connect(&mut self, session: Session) -> Result<(Stream, BytesMut, bool), Ended> {
        let late = || {
            io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no answer within {} s", CONNECT_TIMEOUT.as_secs()),
            )
        };
        tokio::time::timeout(CONNECT_TIMEOUT, self.introduce(session)).await.map_err(|_| late())?
    }

    async fn introduce(&mut self, session: Session) -> Result<(Stream, BytesMut, bool), Ended> {
        let ((host, port), tls) = (&self.broker.nodes[self.node], &self.broker.tls);
        let mut stream = Stream::connect(host, *port, tls.as_ref()).await?;
        let mut out = BytesMut::new();
        self.hello(session).write(&mut out)?;
        stream.write_all(&out).await?;
        stream.flush().await?;
        let (mut reader, mut read) = (Reader::default(), BytesMut::new());
        loop {
            match reader.read(&mut read)? {
                Some(Packet::Welcome(Welcome::Accepted { session_present })) => {
                    return Ok((stream, read, session_present));
                }
                Some(Packet::Welcome(Welcome::Refused(reason))) => return Err(Ended::Refused(reason)),
                Some(Packet::Welcome(Welcome::Busy)) => return Err(busy().into()),
                Some(Packet::Goodbye) => return Err(goodbye().into()),
                Some(_) => return Err(Malformed::Unexpected.into()),
                None => {}
            }
            if stream.read_buf(&mut read).await? == 0 {
                return Err(closed().into());
            }
        }
    }

    fn hello(&self, session: Session) -> Connect<'_> {
        // Who only lets the broker forget says nothing, and leaves no last will either.
        let will = self.hello.will.as_ref().filter(|_| session == Session::Kept);
        let credentials = self.broker.credentials.as_ref();
        Connect {
            client_id: &self.hello.client_id,
            keep_alive: KEEP_ALIVE.as_secs() as u16,
            is_clean: session == Session::Forgotten,
            will,
            credentials: credentials.map(|(user, password)| (user.expose(), password.expose())),
        }
    }

    /// What is to be said of an end, and what is not done again because of it.
    fn error(&mut self, ended: Ended) -> LinkError {
        let endpoint = self.endpoint();
        self.unread = if matches!(ended, Ended::Unread(_)) { self.unread + 1 } else { 0 };
        if self.unread >= POISONED {
            (self.unread, self.is_poisoned) = (0, true);
            tracing::error!(
                endpoint,
                "the broker sends what cannot be read, again and again: the session is given up, with what waits in it"
            );
        }
        let source: Box<dyn Error + Send + Sync> = match ended {
            Ended::Broken(source) => source.into(),
            Ended::Unread(source) => source.into(),
            Ended::Unsaid(source) => source.into(),
            Ended::Refused(reason) => return LinkError::Refused { endpoint, reason: reason.to_owned() },
            Ended::Silent => {
                // What it has kept is not what we have sent.
                self.is_new = true;
                return LinkError::Silent { endpoint };
            }
        };
        LinkError::Connection { endpoint, source }
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the broker has closed the connection")
}

/// It has said so. That is no packet that cannot be read: the session is as it was.
fn goodbye() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the broker has ended the connection (DISCONNECT)")
}

fn busy() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionRefused, "the broker is not available now")
}
