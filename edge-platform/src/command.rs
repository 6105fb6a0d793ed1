//! Commands: published, and matched with their outcomes by id.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use edge_proto::payload::{self, Outcome, PresenceStatus, Status};
use edge_proto::topic::{self, DeviceStream, Stream};
use edge_proto::{DeviceId, Kind};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::platform::Platform;
use crate::store::{Key, StoreError};

/// A hundred years.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// Why a command has no outcome. What the device itself says (rejected, failed, too late) is an
/// outcome, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such device.
    #[error("no device `{device}`")]
    UnknownDevice {
        /// The serial number.
        device: String,
    },
    /// The device has no such asset.
    #[error("the device `{device}` has no asset `{asset}`")]
    UnknownAsset {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
    },
    /// Only actuators and configs take commands.
    #[error("`{asset}` of `{device}` is a {kind}, and takes no commands")]
    NotCommandable {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
        /// What it is.
        kind: Kind,
    },
    /// The value is more than a message may carry.
    #[error("the command has {bytes} bytes, the limit is {}", payload::MAX_BYTES)]
    TooLarge {
        /// How many it would have.
        bytes: usize,
    },
    /// The value cannot be written as JSON.
    #[error("the value is no JSON")]
    Value {
        /// Why.
        source: serde_json::Error,
    },
    /// The device did not answer in time. It may still do it, unless it sees that the command expired.
    #[error("no answer within {timeout:?}: the device `{device}` is {presence}")]
    NoAnswer {
        /// The serial number.
        device: String,
        /// The command's id.
        id: String,
        /// How long was waited.
        timeout: Duration,
        /// Whether the device was there at the end, as far as we know.
        presence: PresenceStatus,
    },
    /// The broker could not be reached in time, or too much waits for it. Nothing was sent.
    #[error("the broker cannot be reached")]
    BrokerUnavailable,
    /// The platform is closing.
    #[error("the platform is closing")]
    Closed,
    /// The store could not say what the device is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The device id under which the platform sends itself an outcome.
const OURSELVES: &str = "edge-platform";

/// Who waits for which outcome, by the command's id.
#[derive(Debug, Default)]
pub(crate) struct Commands(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    is_closed: bool,
    by_id: HashMap<String, Waiter>,
}

/// One command. The sender is used once; its receiver gone means that nobody waits any more.
#[derive(Debug)]
struct Waiter {
    device: String,
    answer: oneshot::Sender<Outcome>,
}

/// Forgets the command when its sender has gone, whatever the reason.
struct Waits<'a> {
    commands: &'a Commands,
    id: &'a str,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.commands.lock().by_id.remove(self.id);
    }
}

impl Commands {
    /// Hands an outcome to whoever waits for it. One of another device, or of nobody's command, is
    /// nobody's.
    pub(crate) fn resolve(&self, device: &str, outcome: Outcome) {
        let mut waiting = self.lock();
        match waiting.by_id.remove(&outcome.id) {
            Some(waiter) if waiter.device == device => drop(waiter.answer.send(outcome)),
            Some(waiter) => drop(waiting.by_id.insert(outcome.id, waiter)),
            None => tracing::debug!(%device, "an outcome nobody waits for"),
        }
    }

    /// Ends all waiting, and takes no more.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        waiting.by_id.clear();
    }

    fn wait(&self, device: &str, id: &str) -> Option<oneshot::Receiver<Outcome>> {
        let (answer, outcome) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.is_closed {
            return None;
        }
        waiting.by_id.insert(id.to_owned(), Waiter { device: device.to_owned(), answer });
        Some(outcome)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        // A map that a panic left behind is still a map.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What is wanted of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    /// A value for one asset.
    Asset(&'a str, &'a RawValue),
    /// Values for several, in one message.
    Assets(&'a [(String, Box<RawValue>)]),
}

impl Platform {
    /// Sends a command and waits for what becomes of it. Limits are not checked here: the device
    /// judges, and its reason is what the caller gets. Cancelled: the device may still do it.
    pub(crate) async fn command(
        &self,
        device: &str,
        wanted: Wanted<'_>,
        timeout: Duration,
    ) -> Result<Outcome, CommandError> {
        self.check(device, wanted).await?;
        let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
        let device_id = DeviceId::new(device).map_err(|_| unknown())?;
        let id = uuid::Uuid::new_v4().to_string();
        let (topic, payload) = message(&device_id, &id, wanted, timeout);
        if payload.len() > payload::MAX_BYTES {
            return Err(CommandError::TooLarge { bytes: payload.len() });
        }
        let answer = self.commands.wait(device, &id).ok_or(CommandError::Closed)?;
        let _waits = Waits { commands: &self.commands, id: &id };
        let now = tokio::time::Instant::now();
        // Beyond the clock's end is for ever, or as good as.
        let deadline = now.checked_add(timeout).unwrap_or(now + FOR_EVER);
        if tokio::time::timeout_at(deadline, self.link.up()).await.is_err() {
            return Err(CommandError::BrokerUnavailable);
        }
        self.link.publish(topic, payload).map_err(|_| CommandError::BrokerUnavailable)?;
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(CommandError::Closed),
            Err(_) => {
                let presence = self.presence(device).await;
                Err(CommandError::NoAnswer { device: device.to_owned(), id: id.clone(), timeout, presence })
            }
        }
    }

    async fn presence(&self, device: &str) -> PresenceStatus {
        match self.store.device(Key::Sn(device)).await {
            Ok(Some(record)) => record.presence,
            Ok(None) | Err(_) => PresenceStatus::Offline,
        }
    }

    /// Waits until everything that the broker acknowledged before this call is stored, at most `limit`.
    ///
    /// The broker keeps the order, and outcomes are handed out after the states before them are stored:
    /// so an outcome of our own, sent through the broker, comes back behind them.
    pub(crate) async fn drain(&self, limit: Duration) {
        let Ok(device) = DeviceId::new(OURSELVES) else { return };
        let id = uuid::Uuid::new_v4().to_string();
        let Some(answer) = self.commands.wait(OURSELVES, &id) else { return };
        let _waits = Waits { commands: &self.commands, id: &id };
        let marker = Outcome { id: id.clone(), status: Status::Applied, value: None, reason: None };
        let topic = topic::device(&device, DeviceStream::Outcome);
        let drained =
            async { self.link.publish(topic, payload::to_json(&marker)).is_ok() && answer.await.is_ok() };
        if !matches!(tokio::time::timeout(limit, drained).await, Ok(true)) {
            tracing::warn!("the broker did not hand over everything in time");
        }
    }

    async fn check(&self, device: &str, wanted: Wanted<'_>) -> Result<(), CommandError> {
        if !self.store.is_registered(device).await? {
            return Err(CommandError::UnknownDevice { device: device.to_owned() });
        }
        match wanted {
            Wanted::Asset(asset, _) => self.check_asset(device, asset).await,
            Wanted::Assets(values) => {
                for (asset, _) in values {
                    self.check_asset(device, asset).await?;
                }
                Ok(())
            }
        }
    }

    async fn check_asset(&self, device: &str, asset: &str) -> Result<(), CommandError> {
        let (device, asset) = (device.to_owned(), asset.to_owned());
        match self.store.asset(&device, &asset).await? {
            None => Err(CommandError::UnknownAsset { device, asset }),
            Some(found) if found.asset.kind.is_commandable() => Ok(()),
            Some(found) => Err(CommandError::NotCommandable { device, asset, kind: found.asset.kind }),
        }
    }
}

fn message(device: &DeviceId, id: &str, wanted: Wanted<'_>, timeout: Duration) -> (String, Vec<u8>) {
    let at = Timestamp::now();
    let expires = SignedDuration::try_from(timeout).ok().and_then(|timeout| at.checked_add(timeout).ok());
    let mut payload = Vec::new();
    let topic = match wanted {
        Wanted::Asset(asset, value) => {
            payload::write_command(&mut payload, id, at, expires, value);
            topic::asset(device, asset, Stream::Command)
        }
        Wanted::Assets(values) => {
            let values = values.iter().map(|(asset, value)| (asset.as_str(), &**value));
            payload::write_device_command(&mut payload, id, at, expires, values);
            topic::device(device, DeviceStream::Command)
        }
    };
    (topic, payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(id: &str) -> Outcome {
        Outcome { id: id.into(), status: Status::Applied, value: None, reason: None }
    }

    #[tokio::test]
    async fn an_outcome_of_another_device_is_not_taken() {
        let commands = Commands::default();
        let answer = commands.wait("A", "1").unwrap();
        commands.resolve("B", outcome("1"));
        commands.resolve("A", outcome("2"));
        commands.resolve("A", outcome("1"));
        assert_eq!(answer.await.unwrap().id, "1");
    }

    #[tokio::test]
    async fn closing_ends_all_waiting() {
        let commands = Commands::default();
        let answer = commands.wait("A", "1").unwrap();
        commands.close();
        assert!(answer.await.is_err());
        assert!(commands.wait("A", "2").is_none());
    }
}
