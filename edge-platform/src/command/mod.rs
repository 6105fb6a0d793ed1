//! Commands: checked, published, and matched with their outcomes by id.

mod check;
mod error;
mod waiting;
mod wanted;

use std::time::Duration;

use edge_proto::DeviceId;
use edge_proto::payload::{self, Outcome, PresenceStatus, Status};
use edge_proto::topic::{self, DeviceStream};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::platform::Platform;
use crate::store::Key;

use check::Checked;
pub use error::CommandError;
pub(crate) use waiting::Commands;
use waiting::Waits;
pub(crate) use wanted::Wanted;
use wanted::{Message, message};

/// A hundred years.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// The device id under which the platform sends itself an outcome.
const OURSELVES: &str = "edge-platform";

impl Platform {
    /// Sends a command, which never expires, and does not wait: its id.
    pub(crate) async fn send_only(&self, device: &str, wanted: Wanted<'_>) -> Result<String, CommandError> {
        let checked = self.check(device, wanted).await?;
        let (id, messages) = prepare(device, &checked, None)?;
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
            %device,
            asset = wanted.asset(),
            action = wanted.action(),
            id = Empty
        );
        let result = self.send_and_wait(device, wanted, timeout).instrument(span.clone()).await;
        self.counters.command(&result);
        span.in_scope(|| match &result {
            Ok(outcome) => tracing::info!(status = %outcome.status, "answered"),
            Err(error) => tracing::info!(%error, "no outcome"),
        });
        result
    }

    async fn send_and_wait(
        &self,
        device: &str,
        wanted: Wanted<'_>,
        timeout: Duration,
    ) -> Result<Outcome, CommandError> {
        let checked = self.check(device, wanted).await?;
        let (id, messages) = prepare(device, &checked, Some(timeout))?;
        Span::current().record("id", &id);
        let answer = self.commands.wait(device, &id, Some(checked.wanted())).ok_or(CommandError::Closed)?;
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
}

/// A command's id and messages.
fn prepare(
    device: &str,
    checked: &Checked<'_>,
    timeout: Option<Duration>,
) -> Result<(String, Vec<Message>), CommandError> {
    let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
    let device = DeviceId::new(device).map_err(|_| unknown())?;
    let id = uuid::Uuid::new_v4().to_string();
    let message = |wanted| message(&device, &id, wanted, timeout);
    let messages: Vec<Message> = match checked.wanted() {
        // Commands to a whole device are none of AllThingsTalk's.
        Wanted::Assets(values) if !checked.has_session => {
            values.iter().map(|(asset, value)| message(Wanted::Asset(asset, value))).collect()
        }
        wanted => vec![message(wanted)],
    };
    match messages.iter().map(|(_, payload)| payload.len()).max() {
        Some(bytes) if bytes > payload::MAX_BYTES => Err(CommandError::TooLarge { bytes }),
        _ => Ok((id, messages)),
    }
}
