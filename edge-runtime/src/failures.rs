//! What was not delivered, or not yet: who wants to hear of it hears it, and who tells it does not know who that is.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use edge_proto::payload::Status;
use jiff::Timestamp;
use serde_json::Value;

use crate::alert::ReportError;
use crate::cause::chain;
use crate::core::SetError;
use crate::inbox::Inbox;
use crate::link::LinkError;
use crate::lock::lock;
use crate::model::DeviceModel;
use crate::origin::Gone;
use crate::outbox::StoreError;
use crate::storage::StorageError;
use crate::value::codec::Json;

/// Something that a device wanted to send did not get to the platform, or not yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// The device's id.
    pub device: String,
    /// When it failed.
    pub at: Timestamp,
    /// What was being sent.
    pub sending: Sending,
    /// Why it failed.
    pub cause: ErrorCause,
    /// How many errors were lost before this one, because whoever listens is too slow.
    pub missed: u64,
    pub(crate) ignored: Ignored,
    pub(crate) model: OfModel,
}

/// What the device is of, which knows the aliases of its assets.
#[derive(Clone, Copy)]
pub(crate) struct OfModel(pub(crate) &'static DeviceModel);

impl fmt::Debug for OfModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0.urn, f)
    }
}

/// Whether a handler does nothing with errors: then it need not be told. A copy of an event begins anew.
#[derive(Debug, Default)]
pub(crate) struct Ignored(AtomicBool);

impl Ignored {
    pub(crate) fn set(&self) {
        self.0.store(true, Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed)
    }
}

impl Clone for Ignored {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// What was being sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Sending {
    /// States of one transaction, or what of it has failed.
    States {
        /// When they held.
        at: Timestamp,
        /// The assets' names, with their values.
        values: Vec<(&'static str, Value)>,
    },
    /// An alert.
    Alert {
        /// Its name.
        name: String,
        /// Its fields.
        value: Value,
    },
    /// Data of a format.
    Data {
        /// The format's name.
        format: String,
        /// Its fields.
        value: Value,
    },
    /// The answer to a command.
    Outcome {
        /// The command's id.
        id: String,
        /// What has become of it.
        status: Status,
    },
    /// All that waits for its acknowledgement.
    Waiting {
        /// How many messages.
        messages: usize,
    },
    /// What the device is subscribed to.
    Subscription,
    /// What the device declares.
    Registration,
}

/// Why it failed.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorCause {
    /// There was no room or no connection for it, and its asset says that it may go then.
    #[error("dropped: no room or no connection for it")]
    Dropped,
    /// It was older than its asset's expiry before it could be sent.
    #[error("expired before it could be sent")]
    Expired,
    /// It was to be stored, and was not. It is as if it had never been set.
    #[error("not stored")]
    Store(#[source] Arc<StoreError>),
    /// The content of an object in it could not be uploaded. The state is as it was.
    #[error("an object in it was not uploaded")]
    Upload(#[source] Arc<StorageError>),
    /// Nothing was set, nor offered, for as long as the asset's `stale_after` says: nobody knows whether its value, which
    /// is the one that was being sent, still holds.
    #[error("stale: not set for {0:?}")]
    Stale(Duration),
    /// What came out of a window of the asset's pipeline was not accepted.
    #[error("what came out of the pipeline was not set")]
    NotSet(#[source] Arc<SetError>),
    /// An alert that a pipeline has made was not accepted.
    #[error("not raised")]
    NotRaised(#[source] Arc<ReportError>),
    /// The device was closed before the broker had acknowledged it.
    #[error("the device was closed before the broker acknowledged it")]
    Closed,
    /// The connection was lost, or never came about.
    #[error("no connection")]
    Disconnected(#[source] Arc<LinkError>),
    /// The broker refuses it.
    #[error("refused by the broker")]
    Refused(#[source] Arc<LinkError>),
    /// The registry refuses the device, which is closed therefore.
    #[error("refused by the registry: {0}")]
    Unregistered(String),
}

impl From<Gone> for ErrorCause {
    fn from(gone: Gone) -> Self {
        match gone {
            Gone::Dropped => Self::Dropped,
            Gone::Expired => Self::Expired,
        }
    }
}

impl ErrorEvent {
    /// Whether it is tried again without anybody's doing.
    pub fn will_be_retried(&self) -> bool {
        matches!(self.cause, ErrorCause::Disconnected(_) | ErrorCause::Refused(_))
    }

    /// The assets whose states were being sent.
    pub fn assets(&self) -> impl Iterator<Item = &'static str> {
        self.states().iter().map(|(asset, _)| *asset)
    }

    /// The value of an asset that was being sent, by its name or alias.
    pub fn value(&self, asset: &str) -> Option<&Value> {
        let OfModel(model) = self.model;
        let (_, index) = model.names().find(|(name, _)| *name == asset)?;
        let asset = model.assets[index].name;
        self.states().iter().find(|(name, _)| *name == asset).map(|(_, value)| value)
    }

    fn states(&self) -> &[(&'static str, Value)] {
        match &self.sending {
            Sending::States { values, .. } => values,
            _ => &[],
        }
    }
}

impl fmt::Display for ErrorEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "device `{}`, {}: {}", self.device, self.sending, chain(&self.cause))
    }
}

impl fmt::Display for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::States { values, .. } => {
                let names: Vec<String> = values.iter().map(|(name, _)| format!("`{name}`")).collect();
                write!(f, "states of {}", names.join(", "))
            }
            Self::Alert { name, .. } => write!(f, "alert `{name}`"),
            Self::Data { format, .. } => write!(f, "data `{format}`"),
            Self::Outcome { id, status } => write!(f, "outcome of `{}` ({status})", id.escape_debug()),
            Self::Waiting { messages } => write!(f, "{messages} messages that wait"),
            Self::Subscription => f.write_str("subscription"),
            Self::Registration => f.write_str("registration"),
        }
    }
}

impl Sending {
    /// States, by the asset's index, in JSON.
    pub(crate) fn states(model: &DeviceModel, at: Timestamp, states: &[(usize, Json)]) -> Self {
        let value = |(index, json): &(usize, Json)| {
            (model.assets[*index].name, serde_json::from_slice(json).unwrap_or_default())
        };
        Self::States { at, values: states.iter().map(value).collect() }
    }
}

/// Who hears of errors besides streams. Returns at once, on whatever thread.
pub(crate) trait HearsErrors: Send + Sync {
    fn hear(self: Arc<Self>, event: ErrorEvent);
}

/// Those who want to hear what fails of one device.
#[derive(Default)]
pub(crate) struct Failures(Mutex<Ears>);

#[derive(Default)]
struct Ears {
    /// Of one asset, or of all.
    streams: Vec<(Option<&'static str>, Arc<Inbox<ErrorEvent>>)>,
    handler: Option<Weak<dyn HearsErrors>>,
    is_closed: bool,
}

impl Failures {
    /// From now on the device's handler hears what fails.
    pub(crate) fn attach(&self, handler: Weak<dyn HearsErrors>) {
        lock(&self.0).handler = Some(handler);
    }

    /// The device's handler does nothing with it.
    pub(crate) fn detach(&self) {
        lock(&self.0).handler = None;
    }

    /// A stream of what fails, of one asset or of all.
    pub(crate) fn join(&self, asset: Option<&'static str>) -> Arc<Inbox<ErrorEvent>> {
        let inbox = Arc::new(Inbox::new());
        let mut ears = lock(&self.0);
        match ears.is_closed {
            true => inbox.close(),
            false => ears.streams.push((asset, Arc::clone(&inbox))),
        }
        inbox
    }

    pub(crate) fn leave(&self, inbox: &Arc<Inbox<ErrorEvent>>) {
        lock(&self.0).streams.retain(|(_, it)| !Arc::ptr_eq(it, inbox));
    }

    /// Whether anybody listens: if not, there is no need to find out what it was.
    pub(crate) fn is_heard(&self) -> bool {
        let ears = lock(&self.0);
        ears.handler.is_some() || !ears.streams.is_empty()
    }

    /// Tells who listens. Not to be called under a lock of a device's or of its outbox: whoever hears it may be anybody.
    pub(crate) fn tell(&self, event: &ErrorEvent) {
        let (streams, handler) = {
            let ears = lock(&self.0);
            (ears.streams.clone(), ears.handler.as_ref().and_then(Weak::upgrade))
        };
        let concerns = |asset: Option<&str>| asset.is_none_or(|asset| event.value(asset).is_some());
        streams.iter().filter(|(asset, _)| concerns(*asset)).for_each(|(_, it)| it.push(event.clone()));
        handler.into_iter().for_each(|handler| handler.hear(event.clone()));
    }

    /// Nothing more will fail: streams end.
    pub(crate) fn close(&self) {
        let streams = {
            let mut ears = lock(&self.0);
            ears.is_closed = true;
            std::mem::take(&mut ears.streams)
        };
        streams.iter().for_each(|(_, inbox)| inbox.close());
    }
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failures").field("streams", &lock(&self.0).streams.len()).finish_non_exhaustive()
    }
}
