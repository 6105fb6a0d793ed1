//! What has come of what was accepted, in as little memory as gaps need.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use edge_proto::payload;
use edge_tests::{Heard, Reader};
use serde_json::{Value, json};

use crate::Result;
use crate::device::{ASSETS, Report, SN, letter};

/// So many of them come at once, and are answered within this time.
const AT_ONCE: usize = 64;
const ANSWERED: Duration = Duration::from_secs(60);

/// One asset's counts, heard in any order.
#[derive(Debug, Default)]
struct Counts {
    highest: u64,
    /// Below the highest, and not heard.
    missing: BTreeSet<u64>,
    repeated: u64,
    /// By number: the newest of all, and its value.
    newest: (u64, u64),
}

impl Counts {
    fn hear(&mut self, number: u64, count: u64) {
        self.newest = self.newest.max((number, count));
        if count > self.highest {
            self.missing.extend(self.highest + 1..count);
            self.highest = count;
        } else if !self.missing.remove(&count) {
            self.repeated += 1;
        }
    }
}

#[derive(Debug, Default)]
struct State {
    counts: HashMap<String, Counts>,
    commanded: BTreeSet<u64>,
    answered: BTreeSet<u64>,
    /// Letters that are not what was sent.
    garbled: u64,
}

/// Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(super) struct Judge(Arc<Mutex<State>>);

impl Judge {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what a reader hears.
    pub(super) fn hears(&self) -> impl FnMut(Heard) + Send + use<> {
        let judge = self.clone();
        move |heard| judge.lock().hear(&heard)
    }

    /// Commands the device; the command has this number.
    pub(super) fn command(&self, reader: &Reader, number: u64) {
        self.lock().commanded.insert(number);
        let command = json!({"id": number.to_string(), "value": number}).to_string();
        tokio::spawn(reader.send(format!("device/{SN}/asset/target/command"), command));
    }

    /// Commands the device so many times, by these numbers, and waits until all are answered.
    pub(super) async fn command_many(&self, reader: &Reader, numbers: RangeInclusive<u64>) -> Result {
        let numbers: Vec<u64> = numbers.collect();
        for some in numbers.chunks(AT_ONCE) {
            some.iter().for_each(|number| self.command(reader, *number));
            self.answered().await?;
        }
        Ok(())
    }

    /// Commands again, by the same numbers, what has no outcome. Returns how many they were.
    pub(super) async fn command_again(&self, reader: &Reader) -> usize {
        let unanswered: Vec<u64> = {
            let state = self.lock();
            state.commanded.difference(&state.answered).copied().collect()
        };
        unanswered.iter().for_each(|number| self.command(reader, *number));
        // What is not answered then either is told in the end.
        let _ = self.answered().await;
        unanswered.len()
    }

    async fn answered(&self) -> Result {
        let answered = async {
            while self.unanswered() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        Ok(tokio::time::timeout(ANSWERED, answered).await?)
    }

    /// Waits until all is there.
    pub(super) async fn wait(&self, report: &Report, time: Duration) {
        let start = Instant::now();
        while start.elapsed() < time
            && (self.lost(report) > 0 || self.stale(report) > 0 || self.unanswered() > 0)
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn each<T>(&self, report: &Report, look: impl Fn(&Counts, u64) -> T) -> Vec<T> {
        let state = self.lock();
        let none = Counts::default();
        let counts = ASSETS.iter().map(|asset| state.counts.get(*asset).unwrap_or(&none));
        counts.zip(&report.accepted).map(|(counts, accepted)| look(counts, *accepted)).collect()
    }

    pub(super) fn lost(&self, report: &Report) -> u64 {
        let lost = |counts: &Counts, accepted| {
            counts.missing.len() as u64 + u64::saturating_sub(accepted, counts.highest)
        };
        self.each(report, lost).into_iter().sum()
    }

    pub(super) fn stale(&self, report: &Report) -> usize {
        self.each(report, |counts, accepted| counts.newest.1 != accepted).into_iter().filter(|it| *it).count()
    }

    pub(super) fn repeated(&self) -> u64 {
        self.lock().counts.values().map(|counts| counts.repeated).sum()
    }

    pub(super) fn garbled(&self) -> u64 {
        self.lock().garbled
    }

    pub(super) fn commands(&self) -> usize {
        self.lock().commanded.len()
    }

    pub(super) fn unanswered(&self) -> usize {
        let state = self.lock();
        state.commanded.difference(&state.answered).count()
    }
}

impl State {
    fn hear(&mut self, heard: &Heard) {
        let of_device = heard.topic.strip_prefix("device/").and_then(|rest| rest.strip_prefix(SN));
        match of_device {
            Some("/outcome") => self.outcome(&heard.payload),
            Some("/state") => self.states(&heard.payload),
            Some(rest) => {
                let asset = rest.strip_prefix("/asset/").and_then(|rest| rest.strip_suffix("/state"));
                if let (Some(asset), Some((number, value))) = (asset, heard.state()) {
                    self.count(asset, number, &value);
                }
            }
            None => {}
        }
    }

    fn outcome(&mut self, payload: &[u8]) {
        let outcome: Value = serde_json::from_slice(payload).unwrap_or_default();
        if outcome["status"] == "applied" {
            self.answered.extend(outcome["id"].as_str().and_then(|id| id.parse::<u64>().ok()));
        }
    }

    /// Several in one: said again, or a transaction.
    fn states(&mut self, payload: &[u8]) {
        for (asset, state) in payload::read_states(payload).unwrap_or_default() {
            let value = state.value.and_then(|value| serde_json::from_str(value.get()).ok());
            if let (Some(stamp), Some(value)) = (state.stamp, value) {
                self.newest(&asset, stamp.seq, &value);
            }
        }
    }

    fn newest(&mut self, asset: &str, number: u64, value: &Value) {
        let count = self.read(value);
        let counts = self.counts.entry(asset.to_owned()).or_default();
        counts.newest = counts.newest.max((number, count));
    }

    fn count(&mut self, asset: &str, number: u64, value: &Value) {
        let count = self.read(value);
        if count > 0 {
            self.counts.entry(asset.to_owned()).or_default().hear(number, count);
        }
    }

    /// A count, or a letter's. The first letter is empty, as the first count is 0.
    fn read(&mut self, value: &Value) -> u64 {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else {
            return value.as_u64().unwrap_or_default();
        };
        let count = text.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
        self.garbled += u64::from(text != letter(count));
        count
    }
}
