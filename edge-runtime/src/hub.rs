//! What the devices on one link share: the outbox, the way of commands to their devices, and whether
//! there is a connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use edge_proto::payload::PresenceStatus;
use edge_proto::topic::{self, DeviceStream, Stream, Topic};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::delivery::{AckGuard, Acks, Delivery, presence_payload};
use crate::future::BoxFuture;
use crate::link::{Hello, Link, LinkError, Received, Will};
use crate::origin::Origin;
use crate::outbox::Outbox;

/// A command on its way to its device.
#[derive(Debug)]
pub(crate) struct Inbound {
    /// `None`: for several assets, named in the payload.
    pub(crate) asset: Option<String>,
    pub(crate) payload: Bytes,
    /// Kept by the broker from before: not to be run.
    pub(crate) retained: bool,
    pub(crate) ack: AckGuard,
}

/// Whether there is a connection.
#[derive(Clone, Debug)]
pub(crate) enum Status {
    /// Not yet.
    Starting,
    /// Connected and subscribed.
    Online,
    /// Not, and why.
    Offline(Arc<LinkError>),
}

/// A device on the link.
#[derive(Debug)]
struct Member {
    origin: Arc<Origin>,
    /// Sender: the link's task. Receiver: the device's task. Holds [`INBOX`] commands; what comes
    /// when it is full is refused. Closed when the device's task has ended.
    inbox: mpsc::Sender<Inbound>,
    refuse: Refuse,
}

/// Why a device does not take a command.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Untaken {
    /// [`INBOX`] commands are waiting already.
    Full,
    /// The device is being closed.
    Closed,
}

/// Answers a command that its device does not take; what answers are is not known here.
pub(crate) type Refuse = fn(&Hub, &Arc<Origin>, Inbound, Untaken);

/// How many commands may wait for their device's handler.
pub(crate) const INBOX: usize = 1024;

/// See the module.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) outbox: Outbox,
    pub(crate) acks: Acks,
    members: Mutex<HashMap<String, Member>>,
    status: watch::Sender<Status>,
    closing: AtomicBool,
}

impl Hub {
    pub(crate) fn new() -> Arc<Self> {
        let ready = Arc::new(Notify::new());
        Arc::new(Self {
            outbox: Outbox::new(Arc::clone(&ready)),
            acks: Acks::new(ready),
            members: Mutex::default(),
            status: watch::Sender::new(Status::Starting),
            closing: AtomicBool::new(false),
        })
    }

    fn members(&self) -> MutexGuard<'_, HashMap<String, Member>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a device; its commands arrive at the receiver.
    pub(crate) fn join(&self, origin: Arc<Origin>, refuse: Refuse) -> mpsc::Receiver<Inbound> {
        let (inbox, receiver) = mpsc::channel(INBOX);
        self.members().insert(origin.id.to_string(), Member { origin, inbox, refuse });
        receiver
    }

    pub(crate) fn origins(&self) -> Vec<Arc<Origin>> {
        self.members().values().map(|member| Arc::clone(&member.origin)).collect()
    }

    /// Takes a device out: nothing more arrives at its receiver, which then ends.
    pub(crate) fn leave(&self, origin: &Origin) {
        self.members().remove(origin.id.as_str());
    }

    /// The filters of all devices' commands.
    pub(crate) fn filters(&self) -> Vec<String> {
        self.members().values().flat_map(|member| topic::command_filters(&member.origin.id)).collect()
    }

    /// Runs the connection for one device, whose death is the link's will. Ends after [`close`](Self::close).
    pub(crate) fn run(self: &Arc<Self>, link: &dyn Link, origin: &Origin) -> BoxFuture<'static, ()> {
        let will = Will {
            topic: origin.presence.to_string(),
            payload: presence_payload(origin, PresenceStatus::Offline),
        };
        let hello = Hello { client_id: topic::client_id(&origin.id), will: Some(will) };
        link.run(hello, Box::new(Delivery::new(Arc::clone(self))))
    }

    /// Passes a command on to its device. Anything else is none of ours, and acknowledged.
    pub(crate) fn receive(&self, message: Received) {
        let ack = self.acks.expect(message.ack);
        if self.is_closing() {
            // Not acknowledged: it comes again when the device is there again.
            return;
        }
        let (device, asset) = match Topic::parse(&message.topic) {
            Some(Topic::Asset { device, asset, stream: Stream::Command }) => (device, Some(asset.to_owned())),
            Some(Topic::Device { device, stream: DeviceStream::Command }) => (device, None),
            _ => {
                tracing::warn!(topic = message.topic.escape_debug().to_string(), "unexpected topic");
                return ack.done();
            }
        };
        let members = self.members();
        let Some(member) = members.get(device) else {
            tracing::warn!(device, "a command for a device that is not here");
            return ack.done();
        };
        let inbound = Inbound { asset, payload: message.payload, retained: message.retained, ack };
        if let Err(error) = member.inbox.try_send(inbound) {
            let (refuse, origin) = (member.refuse, Arc::clone(&member.origin));
            drop(members);
            match error {
                TrySendError::Full(inbound) => refuse(self, &origin, inbound, Untaken::Full),
                TrySendError::Closed(inbound) => refuse(self, &origin, inbound, Untaken::Closed),
            }
        }
    }

    pub(crate) fn set_status(&self, status: Status) {
        self.status.send_replace(status);
    }

    pub(crate) fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Waits until everything is delivered and goodbye is said, at most `timeout`; then ends the
    /// connection all the same. Returns how many messages were not acknowledged.
    pub(crate) async fn close(&self, connection: JoinHandle<()>, timeout: Duration) -> usize {
        self.closing.store(true, Ordering::Relaxed);
        self.outbox.ready.notify_one();
        let abort = connection.abort_handle();
        let hopeless = !matches!(*self.status.borrow(), Status::Online) && self.outbox.pending() == 0;
        let timeout = if hopeless { Duration::ZERO } else { timeout };
        if tokio::time::timeout(timeout, connection).await.is_err() {
            abort.abort();
        }
        self.outbox.close();
        self.outbox.pending()
    }
}
