//! Listening to what is said about a device.

use std::sync::Arc;

use tokio::sync::broadcast::error::RecvError;

use crate::hub::{Hub, Move};
use crate::link::LinkError;
use crate::listening::{Channel, Ear, Message};
use crate::origin::{Origin, Standing};

/// Why nothing is heard, or not everything.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The listener was too slow: the oldest messages are gone. It may go on.
    #[error("{missed} messages were missed: the listener was too slow")]
    Missed {
        /// How many.
        missed: u64,
    },
    /// The broker does not allow it.
    #[error("the broker does not let `{device}` listen")]
    Refused {
        /// The device's id.
        device: String,
        /// Its words.
        source: Arc<LinkError>,
    },
    /// The device is closed.
    #[error("the device `{device}` is closed")]
    Closed {
        /// The device's id.
        device: String,
    },
}

/// Hears one channel of a device; see [`DeviceHandle::listen`](super::DeviceHandle::listen). Holds 1,024
/// messages. Dropping it ends the subscription, if it is the last one.
#[derive(Debug)]
pub struct Listener {
    hub: Arc<Hub>,
    origin: Arc<Origin>,
    channel: Channel,
    ear: Ear,
}

impl Listener {
    pub(super) fn new(hub: &Arc<Hub>, origin: &Arc<Origin>, channel: Channel) -> Result<Self, ListenError> {
        let Some((ear, is_first)) = origin.listening.join(channel) else { return Err(closed(origin)) };
        let (hub, origin) = (Arc::clone(hub), Arc::clone(origin));
        if is_first {
            hub.moved(Move::Listens(Arc::clone(&origin), channel));
        }
        Ok(Self { hub, origin, channel, ear })
    }

    /// Waits until the broker has granted the subscription: from then on nothing is missed.
    pub(super) async fn granted(&mut self) -> Result<(), ListenError> {
        let standing = self.ear.1.wait_for(|standing| !matches!(standing, Standing::Waiting)).await;
        let Ok(standing) = standing.map(|standing| standing.clone()) else {
            return Err(closed(&self.origin));
        };
        match standing {
            Standing::Refused(source) => Err(self.refused(source)),
            Standing::Waiting | Standing::Online => Ok(()),
        }
    }

    /// The next message.
    ///
    /// While there is no connection nothing comes, except what a broker that kept the session hands over
    /// later.
    ///
    /// # Errors
    /// [`ListenError::Missed`] when the listener was too slow: the next call goes on. The others are final.
    ///
    /// # Cancel safety
    /// Cancel safe: no message is lost.
    pub async fn recv(&mut self) -> Result<Message, ListenError> {
        let (messages, standing) = &mut self.ear;
        let refused = async {
            // Cloned, because what is borrowed is not `Send`, and must not be held while waiting.
            let refused = standing.wait_for(|standing| matches!(standing, Standing::Refused(_))).await;
            match refused.map(|standing| standing.clone()) {
                Ok(Standing::Refused(source)) => source,
                // Closed: the messages say so, too, after those that are left.
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            message = messages.recv() => match message {
                Ok(message) => Ok(message),
                Err(RecvError::Lagged(missed)) => Err(ListenError::Missed { missed }),
                Err(RecvError::Closed) => Err(closed(&self.origin)),
            },
            source = refused => Err(self.refused(source)),
        }
    }

    fn refused(&self, source: Arc<LinkError>) -> ListenError {
        ListenError::Refused { device: self.origin.id.to_string(), source }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if self.origin.listening.leave(self.channel) {
            self.hub.moved(Move::Ignores(Arc::clone(&self.origin), self.channel));
        }
    }
}

fn closed(origin: &Origin) -> ListenError {
    ListenError::Closed { device: origin.id.to_string() }
}
