//! Who waits for which outcome.
//!
//! A device that speaks AllThingsTalk sends no outcomes: it publishes the new state of what it has done. So a
//! state without a stamp, which comes from no device of ours, answers the command that has waited longest
//! for one of that asset.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use edge_proto::payload::{Outcome, Status};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::oneshot;

use super::wanted::Wanted;

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
pub(super) struct Waits<'a> {
    pub(super) commands: &'a Commands,
    pub(super) device: &'a str,
    pub(super) id: &'a str,
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
    pub(super) fn published(&self, device: &str, id: &str) {
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
    pub(super) fn wait(
        &self,
        device: &str,
        id: &str,
        wanted: Option<Wanted<'_>>,
    ) -> Option<oneshot::Receiver<Outcome>> {
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

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // A map that a panic left behind is still a map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
