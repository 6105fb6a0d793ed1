//! From MQTT messages to the store: everything that waits becomes one transaction, then is acknowledged.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use edge_proto::DeviceId;
use edge_proto::name::{self, NameError};
use edge_proto::payload::{self, FormatKind, Outcome, PayloadError, Presence};
use edge_proto::topic::{self, DeviceStream, Stream, Topic};
use jiff::Timestamp;

use crate::counts::count;
use crate::mqtt::{Ack, Inbound, Received};
use crate::platform::Platform;
use crate::presence;
use crate::store::{Arrival, AssetPlace, Kept, Reading, StoreError, StoredReport, StoredState, Verdict};
use crate::task::{Stop, stopped};

/// A state that the store has taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StateEvent {
    /// The device's serial number.
    pub device: String,
    /// The asset's name.
    pub asset: String,
    /// What is stored now.
    pub state: StoredState,
}

/// An alert or data that the store has taken.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ReportEvent {
    /// The device's serial number.
    pub device: String,
    /// What is stored now.
    pub report: StoredReport,
}

/// How many messages one transaction takes at most: half of what the broker sends before it waits.
const BATCH: usize = 2048;

/// How long to wait before a failed transaction is tried again.
const RETRY: Duration = Duration::from_millis(500);

/// What a message says.
#[derive(Debug)]
enum Message {
    States(Vec<Reading>),
    /// By an asset's id.
    State {
        asset_id: String,
        state: payload::State,
        now: Timestamp,
    },
    Report(Arrival),
    Outcome {
        device: String,
        outcome: Outcome,
    },
    Presence {
        device: String,
        presence: Presence,
        is_ours: bool,
    },
}

/// Why a message says nothing to us.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("no topic of ours")]
    Topic,
    #[error("no asset with that id is registered")]
    Asset,
    #[error(transparent)]
    Payload(#[from] PayloadError),
    #[error("historical, and without session and number")]
    Historical,
    #[error("the owner of the connection: {0}")]
    Via(NameError),
}

/// Takes messages until the link takes no more, then what is left of them.
pub(crate) async fn run(platform: Arc<Platform>, mut received: Received, stop: Stop) {
    let mut batch = Vec::with_capacity(BATCH);
    while received.messages.recv_many(&mut batch, BATCH).await > 0 {
        let (messages, acks) = read_batch(&platform, batch.drain(..));
        if !take(&platform, messages, &stop).await {
            // Not stored, so not acknowledged: a persistent session brings it again.
            return;
        }
        for ack in acks {
            // When the link is gone, nobody waits for an acknowledgement.
            let _ = received.acks.send(ack);
        }
    }
}

fn read_batch(platform: &Platform, batch: impl Iterator<Item = Inbound>) -> (Vec<Message>, Vec<Ack>) {
    let mut messages = Vec::new();
    let mut acks = Vec::new();
    for Inbound { topic, payload, ack } in batch {
        match read(&topic, &payload) {
            Ok(message) => messages.push(message),
            Err(error) => refuse(platform, &topic, &error),
        }
        // What cannot be read now can never be: it must not come again.
        acks.push(ack);
    }
    (messages, acks)
}

fn refuse(platform: &Platform, topic: &str, error: &Refusal) {
    count(&platform.counters.refused);
    tracing::warn!(topic = %topic.escape_debug(), %error, "a message is refused");
}

fn read(topic: &str, payload: &[u8]) -> Result<Message, Refusal> {
    let now = Timestamp::now();
    match Topic::parse(topic).ok_or(Refusal::Topic)? {
        Topic::Asset { device, asset, stream: Stream::State } => {
            let state = payload::read_state(payload)?;
            Ok(Message::States(vec![reading(device, asset, state, now)?]))
        }
        Topic::AssetId { id } => {
            Ok(Message::State { asset_id: id.to_owned(), state: payload::read_state(payload)?, now })
        }
        Topic::Device { device, stream: DeviceStream::State } => {
            let states = payload::read_states(payload)?.into_iter();
            let readings = states.map(|(asset, state)| reading(device, &asset, state, now));
            Ok(Message::States(readings.collect::<Result<_, _>>()?))
        }
        Topic::Device { device, stream: DeviceStream::Alert } => {
            Ok(Message::Report(arrival(device, FormatKind::Alert, payload, now)?))
        }
        Topic::Device { device, stream: DeviceStream::Data } => {
            Ok(Message::Report(arrival(device, FormatKind::Data, payload, now)?))
        }
        Topic::Device { device, stream: DeviceStream::Outcome } => {
            Ok(Message::Outcome { device: device.to_owned(), outcome: payload::from_json(payload)? })
        }
        Topic::Device { device, stream: DeviceStream::Presence } => {
            let presence: Presence = payload::from_json(payload)?;
            presence.via.as_deref().map_or(Ok(()), name::check).map_err(Refusal::Via)?;
            let is_ours = presence::is_ours(payload);
            Ok(Message::Presence { device: device.to_owned(), presence, is_ours })
        }
        _ => Err(Refusal::Topic),
    }
}

fn arrival(device: &str, kind: FormatKind, payload: &[u8], now: Timestamp) -> Result<Arrival, Refusal> {
    let report = payload::read_report(kind, payload)?;
    Ok(Arrival { device: device.to_owned(), report, now })
}

/// What a state says of an asset; without a time it holds now.
pub(crate) fn reading(
    device: &str,
    asset: &str,
    state: payload::State,
    now: Timestamp,
) -> Result<Reading, Refusal> {
    let payload::State { at, value, location, stamp, historical, dropped, unsynced } = state;
    if historical && stamp.is_none() {
        // Nothing says that it is newer than what is there, and it says itself that it is not.
        return Err(Refusal::Historical);
    }
    let value = value.ok_or(PayloadError::Missing("value"))?;
    let (device, asset) = (device.to_owned(), asset.to_owned());
    let at = at.unwrap_or(now);
    Ok(Reading { device, asset, at, value, location, stamp, is_historical: historical, dropped, unsynced })
}

/// Stores and tells; false when the platform stopped before the store had it.
async fn take(platform: &Platform, messages: Vec<Message>, stop: &Stop) -> bool {
    let mut readings = Vec::new();
    let mut arrivals = Vec::new();
    let mut outcomes = Vec::new();
    let mut presences = Vec::new();
    for message in messages {
        match message {
            Message::States(states) => readings.extend(states),
            Message::State { asset_id, state, now } => {
                let place = loop {
                    match place(platform, &asset_id).await {
                        Some(place) => break place,
                        None if pause(stop).await => {}
                        None => return false,
                    }
                };
                match place.ok_or(Refusal::Asset).and_then(|at| reading(&at.device, &at.asset, state, now)) {
                    Ok(reading) => readings.push(reading),
                    Err(error) => refuse(platform, &asset_id, &error),
                }
            }
            Message::Report(arrival) => arrivals.push(arrival),
            Message::Outcome { device, outcome } => outcomes.push((device, outcome)),
            Message::Presence { device, presence, is_ours } => presences.push((device, presence, is_ours)),
        }
    }
    let mut stored = store_states(platform, &readings).await;
    // After the states that came before them, so that who hears of an outcome finds the new value; and
    // also when the store is away, because somebody waits.
    for (device, outcome) in outcomes {
        platform.commands.resolve(&device, outcome);
    }
    while stored.is_none() {
        if !pause(stop).await {
            return false;
        }
        stored = store_states(platform, &readings).await;
    }
    while store_reports(platform, &arrivals).await.is_none() {
        if !pause(stop).await {
            return false;
        }
    }
    for (device, presence, is_ours) in presences {
        let done = match is_ours {
            true => presence::check(platform, &device, &presence).await,
            false => presence::take(platform, &device, &presence).await,
        };
        if let Err(error) = done {
            tracing::error!(%device, %error, "a presence is not stored");
        }
    }
    true
}

/// Waits before something is tried again; false when the platform stops.
async fn pause(stop: &Stop) -> bool {
    tokio::select! {
        () = tokio::time::sleep(RETRY) => true,
        () = stopped(stop.clone()) => false,
    }
}

/// Where an asset's id belongs; `None`: the store is away.
async fn place(platform: &Platform, asset_id: &str) -> Option<Option<AssetPlace>> {
    let place = platform.store.asset_place(asset_id).await;
    place.inspect_err(|error| tracing::error!(%error, "an asset is not looked up, trying again")).ok()
}

/// Stores a batch and tells what became of each part; `None`: the store is away.
async fn store<T, V>(
    what: &str,
    batch: &[T],
    storing: impl Future<Output = Result<Vec<V>, StoreError>>,
    tell: impl Fn(&T, V),
) -> Option<()> {
    if batch.is_empty() {
        return Some(());
    }
    match storing.await {
        Ok(verdicts) => {
            batch.iter().zip(verdicts).for_each(|(part, verdict)| tell(part, verdict));
            Some(())
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%error, ?cause, "{what} are not stored, trying again");
            None
        }
    }
}

async fn store_states(platform: &Platform, readings: &[Reading]) -> Option<()> {
    let tell = |reading: &Reading, verdict| tell(platform, reading, verdict);
    store("states", readings, platform.store.ingest(readings), tell).await
}

async fn store_reports(platform: &Platform, arrivals: &[Arrival]) -> Option<()> {
    let tell = |arrival: &Arrival, kept| tell_report(platform, arrival, kept);
    store("alerts and data", arrivals, platform.store.keep_reports(arrivals), tell).await
}

fn tell_report(platform: &Platform, Arrival { device, report, .. }: &Arrival, kept: Kept) {
    let counters = &platform.counters;
    match kept {
        Kept::New(stored) => {
            count(match report.kind() {
                FormatKind::Alert => &counters.alerts,
                FormatKind::Data => &counters.data,
            });
            // Nobody may watch.
            let _ = platform.reports.send(ReportEvent { device: device.clone(), report: stored });
        }
        Kept::Again => count(&counters.reports_again),
        Kept::Refused(reason) => {
            count(&counters.refused);
            tracing::warn!(%device, report = %report.name, %reason, "a report is refused");
        }
    }
}

/// What became of a state, to all who watch.
pub(crate) fn tell(platform: &Platform, reading: &Reading, verdict: Verdict) {
    let Reading { device, asset, dropped, .. } = reading;
    // What comes again is stale, unless it is for the history.
    if *dropped > 0 && (reading.is_historical || matches!(verdict, Verdict::Stored(_))) {
        platform.counters.missed.fetch_add((*dropped).min(u32::MAX.into()), Relaxed);
        tracing::warn!(device, asset, dropped, "the device dropped states before this one");
    }
    match verdict {
        Verdict::Stored(state) => {
            count(&platform.counters.stored);
            if state.stamp.is_none() {
                platform.commands.reported(device, asset, &state.value);
            }
            echo(platform, device, asset, &state);
            if platform.states.receiver_count() > 0 {
                // The last one may have gone.
                let _ =
                    platform.states.send(StateEvent { device: device.clone(), asset: asset.clone(), state });
            }
        }
        Verdict::Stale => count(&platform.counters.stale),
        Verdict::Refused(reason) => {
            count(&platform.counters.refused);
            tracing::warn!(%device, %asset, %reason, "a state is refused");
        }
    }
}

/// AllThingsTalk's echo of every state: `{"at","value"}` on the asset's feed.
fn echo(platform: &Platform, device: &str, asset: &str, state: &StoredState) {
    if !platform.feeds.have_listeners() {
        return;
    }
    if let Ok(device) = DeviceId::new(device) {
        let topic = topic::asset(&device, asset, Stream::Feed);
        platform.link.publish_unconfirmed(topic, payload::to_json(state));
    }
}
