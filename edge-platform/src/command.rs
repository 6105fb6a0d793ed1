//! Commands: published, and matched with their outcomes by id.
//!
//! A device that speaks AllThingsTalk sends no outcomes: it publishes the new state of what it has done. So a
//! state without a stamp, which comes from no device of ours, answers the command that has waited longest
//! for one of that asset.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::time::Duration;

use edge_proto::payload::{self, Outcome, PresenceStatus, Status};
use edge_proto::topic::{self, DeviceStream, Stream};
use edge_proto::{DeviceId, Kind};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::oneshot;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::platform::Platform;
use crate::store::{AssetRecord, Key, StoreError};

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
    /// The device's model says that it has no such action.
    #[error("the device `{device}` has no action `{action}`")]
    UnknownAction {
        /// The serial number.
        device: String,
        /// The name.
        action: String,
    },
    /// The arguments are not those that the device's model declares for the action.
    #[error("the action `{action}` of `{device}`: {reason}")]
    Arguments {
        /// The serial number.
        device: String,
        /// The name.
        action: String,
        /// What is wrong with them.
        reason: String,
    },
    /// The device has never been connected as one that knows actions: it has no session.
    #[error("the device `{device}` knows no actions: it has no session")]
    NoActions {
        /// The serial number.
        device: String,
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
    /// The value does not fit the asset. Devices with a session judge themselves.
    #[error("`{asset}` of `{device}`: {refusal}")]
    Refused {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
        /// What is wrong with the value, and the limits.
        refusal: edge_proto::Refusal,
    },
    /// The device did not answer in time. It may still do it, unless it sees that the command expired.
    #[error("no answer within {timeout:?}: the device `{device}` {}", whether(*presence))]
    NoAnswer {
        /// The serial number.
        device: String,
        /// The command's id.
        id: String,
        /// How long was waited.
        timeout: Duration,
        /// Whether the device was there at the end, as far as we know; `None` for devices that do not say.
        presence: Option<PresenceStatus>,
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

fn whether(presence: Option<PresenceStatus>) -> String {
    presence
        .map_or_else(|| "does not say whether it is there".to_owned(), |presence| format!("is {presence}"))
}

/// The device id under which the platform sends itself an outcome.
const OURSELVES: &str = "edge-platform";

/// Who waits for which outcome, by the command's id.
#[derive(Debug, Default)]
pub(crate) struct Commands(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    is_closed: bool,
    /// By device, then by id.
    by_device: HashMap<String, HashMap<String, Waiter>>,
    /// How many commands were published.
    published: u64,
}

/// One command. The sender is used once; its receiver gone means that nobody waits any more.
#[derive(Debug)]
struct Waiter {
    answer: oneshot::Sender<Outcome>,
    /// Which of all published commands it is; `None`: none yet.
    published: Option<u64>,
    /// The assets of which a state was waited for, and what was reported since.
    reported: BTreeMap<String, Option<Box<RawValue>>>,
    /// Whether the outcome's value is that of the asset itself, or an object by name.
    is_single: bool,
}

impl Waiter {
    fn waits_for(&self, asset: &str) -> bool {
        self.published.is_some() && self.reported.get(asset).is_some_and(Option::is_none)
    }

    /// What the states come to when all were reported.
    fn outcome(&self, id: &str) -> Option<Outcome> {
        if self.reported.is_empty() {
            return None;
        }
        let values = self.reported.iter().map(|(asset, value)| Some((asset.as_str(), value.as_deref()?)));
        let values = values.collect::<Option<BTreeMap<&str, &RawValue>>>()?;
        let value = match self.is_single {
            true => values.into_values().next()?.to_owned(),
            false => to_raw_value(&values).ok()?,
        };
        Some(Outcome { id: id.to_owned(), status: Status::Applied, value: Some(value), reason: None })
    }
}

/// Forgets the command when its sender has gone, whatever the reason.
struct Waits<'a> {
    commands: &'a Commands,
    device: &'a str,
    id: &'a str,
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.commands.lock().remove(self.device, self.id);
    }
}

impl Waiting {
    fn remove(&mut self, device: &str, id: &str) -> Option<Waiter> {
        let waiters = self.by_device.get_mut(device)?;
        let waiter = waiters.remove(id);
        if waiters.is_empty() {
            self.by_device.remove(device);
        }
        waiter
    }
}

impl Commands {
    /// Hands an outcome to whoever waits for it. One of another device, or of nobody's command, is
    /// nobody's.
    pub(crate) fn resolve(&self, device: &str, outcome: Outcome) {
        match self.lock().remove(device, &outcome.id) {
            Some(waiter) => drop(waiter.answer.send(outcome)),
            None => tracing::debug!(%device, "an outcome nobody waits for"),
        }
    }

    /// A device that sends no outcomes has reported the state of an asset. It answers the oldest command
    /// for that asset, and that one only: it is the device's answer to one message.
    pub(crate) fn reported(&self, device: &str, asset: &str, value: &RawValue) {
        let mut waiting = self.lock();
        let Some(waiters) = waiting.by_device.get_mut(device) else { return };
        let waiters = waiters.iter_mut().filter(|(_, waiter)| waiter.waits_for(asset));
        let Some((id, waiter)) = waiters.min_by_key(|(_, waiter)| waiter.published) else { return };
        waiter.reported.insert(asset.to_owned(), Some(value.to_owned()));
        if let Some(outcome) = waiter.outcome(id)
            && let Some(waiter) = waiting.remove(device, &outcome.id)
        {
            // Nobody waits any more.
            let _ = waiter.answer.send(outcome);
        }
    }

    /// From now on states may answer it.
    fn published(&self, device: &str, id: &str) {
        let mut waiting = self.lock();
        waiting.published += 1;
        let number = waiting.published;
        if let Some(waiter) = waiting.by_device.get_mut(device).and_then(|waiters| waiters.get_mut(id)) {
            waiter.published = Some(number);
        }
    }

    /// Ends all waiting, and takes no more.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        waiting.by_device.clear();
    }

    /// Without assets only an outcome answers.
    fn wait(&self, device: &str, id: &str, wanted: Option<Wanted<'_>>) -> Option<oneshot::Receiver<Outcome>> {
        let (answer, outcome) = oneshot::channel();
        let mut waiting = self.lock();
        if waiting.is_closed {
            return None;
        }
        let is_single = matches!(wanted, Some(Wanted::Asset(..)));
        let assets = wanted.iter().flat_map(Wanted::assets);
        let reported = assets.map(|asset| (asset.to_owned(), None)).collect();
        let waiter = Waiter { answer, published: None, reported, is_single };
        waiting.by_device.entry(device.to_owned()).or_default().insert(id.to_owned(), waiter);
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
    /// That it does something, with arguments by name.
    Action(&'a str, &'a [(String, Box<RawValue>)]),
}

impl<'a> Wanted<'a> {
    /// If it is one.
    fn asset(&self) -> Option<&'a str> {
        match *self {
            Self::Asset(asset, _) => Some(asset),
            Self::Assets(_) | Self::Action(..) => None,
        }
    }

    /// If it is one.
    fn action(&self) -> Option<&'a str> {
        match *self {
            Self::Action(action, _) => Some(action),
            Self::Asset(..) | Self::Assets(_) => None,
        }
    }

    fn assets(&self) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match *self {
            Self::Asset(asset, _) => Box::new(std::iter::once(asset)),
            Self::Assets(values) => Box::new(values.iter().map(|(asset, _)| asset.as_str())),
            // No state tells that something was done.
            Self::Action(..) => Box::new(std::iter::empty()),
        }
    }
}

impl Platform {
    /// Sends a command, which never expires, and does not wait: its id.
    pub(crate) async fn send_only(&self, device: &str, wanted: Wanted<'_>) -> Result<String, CommandError> {
        let (id, messages) = self.prepare(device, wanted, None).await?;
        if !self.link.is_up() {
            return Err(CommandError::BrokerUnavailable);
        }
        self.publish(messages)?;
        Ok(id)
    }

    /// Sends a command and waits for what becomes of it. A device with a session judges the values itself,
    /// and its reason is what the caller gets; for others they are judged here. Cancelled: the device may
    /// still do it.
    pub(crate) async fn command(
        &self,
        device: &str,
        wanted: Wanted<'_>,
        timeout: Duration,
    ) -> Result<Outcome, CommandError> {
        let span = tracing::info_span!(
            "command",
            device,
            asset = wanted.asset(),
            action = wanted.action(),
            id = Empty
        );
        let result = self.send_and_wait(device, wanted, timeout).instrument(span.clone()).await;
        self.counters.command(&result);
        span.in_scope(|| match &result {
            Ok(outcome) => tracing::debug!(status = %outcome.status, "answered"),
            Err(error) => tracing::debug!(%error, "no outcome"),
        });
        result
    }

    async fn send_and_wait(
        &self,
        device: &str,
        wanted: Wanted<'_>,
        timeout: Duration,
    ) -> Result<Outcome, CommandError> {
        let (id, messages) = self.prepare(device, wanted, Some(timeout)).await?;
        Span::current().record("id", &id);
        let answer = self.commands.wait(device, &id, Some(wanted)).ok_or(CommandError::Closed)?;
        let _waits = Waits { commands: &self.commands, device, id: &id };
        let now = tokio::time::Instant::now();
        // Beyond the clock's end is for ever, or as good as.
        let deadline = now.checked_add(timeout).unwrap_or(now + FOR_EVER);
        if tokio::time::timeout_at(deadline, self.link.up()).await.is_err() {
            return Err(CommandError::BrokerUnavailable);
        }
        self.publish(messages)?;
        self.commands.published(device, &id);
        match tokio::time::timeout_at(deadline, answer).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(_)) => Err(CommandError::Closed),
            Err(_) => {
                let presence = self.presence(device).await;
                Err(CommandError::NoAnswer { device: device.to_owned(), id: id.clone(), timeout, presence })
            }
        }
    }

    fn publish(&self, messages: Vec<Message>) -> Result<(), CommandError> {
        messages.into_iter().try_for_each(|(topic, payload)| {
            self.link.publish(topic, payload).map_err(|_| CommandError::BrokerUnavailable)
        })
    }

    /// A command's id and messages, when the device and its assets can be commanded.
    async fn prepare(
        &self,
        device: &str,
        wanted: Wanted<'_>,
        timeout: Option<Duration>,
    ) -> Result<(String, Vec<Message>), CommandError> {
        let has_session = self.check(device, wanted).await?;
        let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
        let device = DeviceId::new(device).map_err(|_| unknown())?;
        let id = uuid::Uuid::new_v4().to_string();
        let message = |wanted| message(&device, &id, wanted, timeout);
        let messages: Vec<Message> = match wanted {
            // Commands to a whole device are none of AllThingsTalk's.
            Wanted::Assets(values) if !has_session => {
                values.iter().map(|(asset, value)| message(Wanted::Asset(asset, value))).collect()
            }
            wanted => vec![message(wanted)],
        };
        match messages.iter().map(|(_, payload)| payload.len()).max() {
            Some(bytes) if bytes > payload::MAX_BYTES => Err(CommandError::TooLarge { bytes }),
            _ => Ok((id, messages)),
        }
    }

    async fn presence(&self, device: &str) -> Option<PresenceStatus> {
        if let Ok(Some(0)) = self.store.session(device).await {
            return None;
        }
        match self.store.device(Key::Sn(device)).await {
            Ok(Some(record)) => Some(record.presence),
            Ok(None) | Err(_) => Some(PresenceStatus::Offline),
        }
    }

    /// Waits until everything that the broker acknowledged before this call is stored, at most `limit`.
    ///
    /// The broker keeps the order, and outcomes are handed out after the states before them are stored:
    /// so an outcome of our own, sent through the broker, comes back behind them.
    pub(crate) async fn drain(&self, limit: Duration) {
        let Ok(device) = DeviceId::new(OURSELVES) else { return };
        let id = uuid::Uuid::new_v4().to_string();
        let Some(answer) = self.commands.wait(OURSELVES, &id, None) else { return };
        let _waits = Waits { commands: &self.commands, device: OURSELVES, id: &id };
        let marker = Outcome { id: id.clone(), status: Status::Applied, value: None, reason: None };
        let topic = topic::device(&device, DeviceStream::Outcome);
        let drained =
            async { self.link.publish(topic, payload::to_json(&marker)).is_ok() && answer.await.is_ok() };
        if !matches!(tokio::time::timeout(limit, drained).await, Ok(true)) {
            tracing::warn!("the broker did not hand over everything in time");
        }
    }

    /// Whether the device has a session.
    async fn check(&self, device: &str, wanted: Wanted<'_>) -> Result<bool, CommandError> {
        let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
        let has_session = self.store.session(device).await?.ok_or_else(unknown)? > 0;
        match wanted {
            Wanted::Asset(asset, value) => self.check_asset(device, asset, value, has_session).await?,
            Wanted::Assets(values) => {
                for (asset, value) in values {
                    self.check_asset(device, asset, value, has_session).await?;
                }
            }
            Wanted::Action(..) if !has_session => {
                return Err(CommandError::NoActions { device: device.to_owned() });
            }
            Wanted::Action(action, arguments) => self.check_action(device, action, arguments).await?,
        }
        Ok(has_session)
    }

    async fn check_asset(
        &self,
        device: &str,
        asset: &str,
        value: &RawValue,
        has_session: bool,
    ) -> Result<(), CommandError> {
        let (device, asset) = (device.to_owned(), asset.to_owned());
        let Some(AssetRecord { asset: found, .. }) = self.store.asset(&device, &asset).await? else {
            return Err(CommandError::UnknownAsset { device, asset });
        };
        if !found.kind.is_commandable() {
            return Err(CommandError::NotCommandable { device, asset, kind: found.kind });
        }
        if has_session {
            return Ok(());
        }
        let value = serde_json::from_str(value.get()).map_err(|source| CommandError::Value { source })?;
        found.profile.check(&value).map_err(|refusal| CommandError::Refused { device, asset, refusal })
    }
}

/// Topic and payload.
type Message = (String, Vec<u8>);

fn message(device: &DeviceId, id: &str, wanted: Wanted<'_>, timeout: Option<Duration>) -> Message {
    let at = Timestamp::now();
    let expires = timeout.and_then(|timeout| SignedDuration::try_from(timeout).ok());
    let expires = expires.and_then(|timeout| at.checked_add(timeout).ok());
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
        Wanted::Action(action, arguments) => {
            let arguments = arguments.iter().map(|(name, value)| (name.as_str(), &**value));
            payload::write_action(&mut payload, id, at, expires, arguments);
            topic::action(device, action)
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
        let answer = commands.wait("A", "1", None).unwrap();
        commands.resolve("B", outcome("1"));
        commands.resolve("A", outcome("2"));
        commands.resolve("A", outcome("1"));
        assert_eq!(answer.await.unwrap().id, "1");
    }

    #[tokio::test]
    async fn a_reported_state_answers_the_oldest_command_for_its_asset() {
        let commands = Commands::default();
        let (one, two) =
            (RawValue::from_string("1".into()).unwrap(), RawValue::from_string("2".into()).unwrap());
        let several = ["vent", "period"].map(|asset| (asset.to_owned(), one.clone()));
        let mut first = commands.wait("A", "1", Some(Wanted::Asset("vent", &one))).unwrap();
        let mut second = commands.wait("A", "2", Some(Wanted::Assets(&several))).unwrap();
        let mut third = commands.wait("A", "3", Some(Wanted::Asset("vent", &one))).unwrap();
        commands.reported("A", "vent", &one);
        assert!(first.try_recv().is_err(), "before it was published");
        ["1", "2", "3"].iter().for_each(|id| commands.published("A", id));
        commands.reported("B", "vent", &one);
        commands.reported("A", "temperature", &one);
        assert!(first.try_recv().is_err(), "of something else");
        commands.reported("A", "vent", &two);
        assert_eq!(first.try_recv().unwrap().value.unwrap().get(), "2");
        commands.reported("A", "vent", &one);
        commands.reported("A", "vent", &two);
        assert_eq!(third.try_recv().unwrap().value.unwrap().get(), "2");
        assert!(second.try_recv().is_err(), "not all have come");
        commands.reported("A", "period", &two);
        let outcome = second.try_recv().unwrap();
        assert_eq!(
            (outcome.status, outcome.value.unwrap().get()),
            (Status::Applied, r#"{"period":2,"vent":1}"#)
        );
        assert!(commands.lock().by_device.is_empty());
    }

    #[tokio::test]
    async fn closing_ends_all_waiting() {
        let commands = Commands::default();
        let answer = commands.wait("A", "1", None).unwrap();
        commands.close();
        assert!(answer.await.is_err());
        assert!(commands.wait("A", "2", None).is_none());
    }
}
