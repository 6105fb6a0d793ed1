//! What a device hears besides its commands, while somebody listens: the platform's echo of its states,
//! states that others report for it, and events.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use edge_proto::Refusal;
use edge_proto::payload;
use edge_proto::topic::Stream;
use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::sync::{broadcast, watch};

use crate::lock::lock;
use crate::origin::Standing;
use crate::value::AssetValue;

/// How many messages wait for a slow listener; then it misses the oldest, and is told.
pub(crate) const CAPACITY: usize = 1024;

/// What can be listened to, of all assets of a device at once. AllThingsTalk's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The platform's echo of every state that it has taken, however that reached it.
    Feed,
    /// States on the way to the platform: the device's own, and those that others report for it.
    State,
    /// What the platform, or somebody through it, says has happened.
    Event,
}

impl Channel {
    pub(crate) const ALL: [Self; 3] = [Self::Feed, Self::State, Self::Event];

    pub(crate) fn stream(self) -> Stream {
        match self {
            Self::Feed => Stream::Feed,
            Self::State => Stream::State,
            Self::Event => Stream::Event,
        }
    }

    fn of(stream: Stream) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.stream() == stream)
    }
}

/// A message that was heard.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Message {
    /// The asset's name.
    pub asset: String,
    /// When it held or happened; when it came, if it does not say so.
    pub at: Timestamp,
    /// The value as JSON.
    pub value: Box<RawValue>,
}

impl Message {
    /// The value as a value of an asset.
    ///
    /// # Errors
    /// When it is another type's.
    pub fn read<T: AssetValue>(&self) -> Result<T, Refusal> {
        // A raw value is JSON.
        T::decode(serde_json::from_str(self.value.get()).unwrap_or_default())
    }
}

#[derive(Debug)]
struct Open {
    messages: broadcast::Sender<Message>,
    standing: watch::Sender<Standing>,
    listeners: usize,
}

#[derive(Debug, Default)]
struct Channels {
    open: HashMap<Channel, Open>,
    is_closed: bool,
}

/// The channels of one device that somebody listens to.
#[derive(Debug, Default)]
pub(crate) struct Listening(Mutex<Channels>);

/// A listener's end of a channel.
pub(crate) type Ear = (broadcast::Receiver<Message>, watch::Receiver<Standing>);

impl Listening {
    fn lock(&self) -> MutexGuard<'_, Channels> {
        lock(&self.0)
    }

    /// One listener more, and whether it is the channel's first; `None`: the device is closed.
    pub(crate) fn join(&self, channel: Channel) -> Option<(Ear, bool)> {
        let mut channels = self.lock();
        if channels.is_closed {
            return None;
        }
        let open = channels.open.entry(channel).or_insert_with(|| Open {
            messages: broadcast::Sender::new(CAPACITY),
            standing: watch::Sender::default(),
            listeners: 0,
        });
        open.listeners += 1;
        Some(((open.messages.subscribe(), open.standing.subscribe()), open.listeners == 1))
    }

    /// One listener less. Whether it was the channel's last.
    pub(crate) fn leave(&self, channel: Channel) -> bool {
        let mut channels = self.lock();
        let Some(open) = channels.open.get_mut(&channel) else { return false };
        open.listeners -= 1;
        let is_last = open.listeners == 0;
        if is_last {
            channels.open.remove(&channel);
        }
        is_last
    }

    /// What somebody listens to.
    pub(crate) fn channels(&self) -> Vec<Channel> {
        self.lock().open.keys().copied().collect()
    }

    pub(crate) fn set_standing(&self, channel: Channel, standing: Standing) {
        if let Some(open) = self.lock().open.get(&channel) {
            open.standing.send_replace(standing);
        }
    }

    /// There is no connection.
    pub(crate) fn lost(&self) {
        self.lock().open.values().for_each(|open| drop(open.standing.send_replace(Standing::Waiting)));
    }

    /// The device is closed: listeners hear what they have, and then the end.
    pub(crate) fn close(&self) {
        let mut channels = self.lock();
        channels.is_closed = true;
        channels.open.clear();
    }

    /// Passes a message on. What cannot be read is told in the log, and to nobody.
    pub(crate) fn hear(&self, device: &str, asset: &str, stream: Stream, payload: &[u8]) {
        let state = match payload::read_state(payload) {
            Ok(state) => state,
            Err(error) => return tracing::warn!(device, asset, %error, "not understood"),
        };
        let (Some(value), Some(channel)) = (state.value, Channel::of(stream)) else { return };
        let message = Message { asset: asset.to_owned(), at: state.at.unwrap_or_else(Timestamp::now), value };
        if let Some(open) = self.lock().open.get(&channel) {
            // Somebody listens, or has just gone.
            let _ = open.messages.send(message);
        }
    }
}
