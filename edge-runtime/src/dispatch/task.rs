//! What is done with a command: read it, run the handler, answer.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_proto::payload::{self, Outcome, Status};
use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::memory::{Memory, recall, remember};
use super::{Command, CommandError, Handler, decide};
use crate::core::{Core, SetError};
use crate::hub::Inbound;
use crate::value::codec::AnyValue;

/// Room for id, status and names around an outcome's value.
const OVERHEAD: usize = 1024;
/// The most bytes of an outcome's reason.
const MAX_REASON: usize = 1024;

/// How long a handler's method may take, unless its asset's `timeout` says otherwise.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct DeviceTask {
    core: Arc<Core>,
    handler: Box<dyn Handler>,
}

impl DeviceTask {
    pub(super) fn new(core: Arc<Core>, handler: Box<dyn Handler>) -> Self {
        Self { core, handler }
    }

    /// Does what a command wants, or answers why not.
    pub(super) async fn take(&mut self, inbound: Inbound, memory: &Mutex<Memory>) {
        let (command, read) = payload::read_command(&inbound.payload);
        let span = span(&self.core, &inbound, &command);
        async {
            if let Some(outcome) = recall(memory, command.id.as_deref()) {
                return answer_again(&self.core, outcome);
            }
            let values = if inbound.retained { Err(CommandError::Retained) } else { Ok(()) }
                .and(read.map_err(CommandError::from))
                .and_then(|()| {
                    decide::values(&self.core, inbound.asset.as_deref(), &command, Timestamp::now())
                });
            let result = match values {
                Ok(values) => self.run_all(values, command.at.unwrap_or_else(Timestamp::now)).await,
                Err(error) => Err(error),
            };
            let applied = result.map(|applied| self.json(&applied, inbound.asset.is_none()));
            self.answer(command.id, applied, memory);
        }
        .instrument(span)
        .await;
        // Only now: a command that was not finished comes again.
        inbound.ack.done();
    }

    /// Runs the handler for all values, then makes what it applied the state, all or nothing.
    /// Returns what was applied, as JSON.
    async fn run_all(
        &mut self,
        values: Vec<(usize, AnyValue)>,
        at: Timestamp,
    ) -> Result<Vec<(usize, Vec<u8>)>, CommandError> {
        let asset = values.first().map_or(0, |(index, _)| *index);
        let mut applied = Vec::with_capacity(values.len());
        for (index, value) in values {
            let previous = self.core.current(index);
            let value = self.run_one(Command { index, value, previous, at }).await?;
            applied.push((index, value));
        }
        let encoded = applied.iter().map(|(index, value)| {
            let mut json = Vec::new();
            (self.core.model.assets[*index].codec.encode)(value.as_ref(), &mut json);
            (*index, json)
        });
        let encoded: Vec<_> = encoded.collect();
        // What is computed from the values is the user's code, too.
        match catch_unwind(AssertUnwindSafe(|| self.core.applied(applied))) {
            Ok(Ok(accepted)) => {
                let stored = poll_fn(|context| accepted.poll_stored(context)).await;
                stored.map_err(|error| SetError::of_store(&self.core.origin.id, &error))?;
                Ok(encoded)
            }
            Ok(Err(error)) => Err(error.into()),
            Err(panic) => Err(self.panicked(asset, panic.as_ref())),
        }
    }

    async fn run_one(&mut self, command: Command) -> Result<AnyValue, CommandError> {
        let index = command.index;
        let asset = || self.core.model.assets[index].name.to_owned();
        let timeout = self.core.model.assets[index].rules.timeout.unwrap_or(HANDLER_TIMEOUT);
        // The method may panic before it returns its future, too.
        let handler = &mut self.handler;
        let method = AssertUnwindSafe(async { handler.dispatch(command).await }).catch_unwind();
        let start = Instant::now();
        let ended = tokio::time::timeout(timeout, method).await;
        self.core.hub.metrics.handled(start.elapsed());
        let value = match ended {
            Ok(Ok(Ok(value))) => value,
            Ok(Ok(Err(error))) => return Err(CommandError::Handler { asset: asset(), error }),
            Ok(Err(panic)) => return Err(self.panicked(index, panic.as_ref())),
            Err(_) => return Err(CommandError::TimedOut { asset: asset(), after: timeout }),
        };
        match self.core.check(index, value.as_ref()) {
            Ok(()) => Ok(value),
            Err(refusal) => Err(CommandError::Applied { asset: asset(), refusal }),
        }
    }

    fn panicked(&self, index: usize, panic: &(dyn Any + Send)) -> CommandError {
        tracing::error!(panic = panic_text(panic), "the handler panicked");
        CommandError::Panicked { asset: self.core.model.assets[index].name.to_owned() }
    }

    /// What was applied: a value, or values by name.
    fn json(&self, applied: &[(usize, Vec<u8>)], several: bool) -> Box<RawValue> {
        let text = |json: &[u8]| String::from_utf8_lossy(json).into_owned();
        let json = if several {
            let entry = |(index, json): &(usize, Vec<u8>)| {
                format!("\"{}\":{}", self.core.model.assets[*index].name, text(json))
            };
            format!("{{{}}}", applied.iter().map(entry).collect::<Vec<_>>().join(","))
        } else {
            applied.first().map(|(_, json)| text(json)).unwrap_or_default()
        };
        RawValue::from_string(json).expect("encoded values are JSON")
    }

    /// Counts, logs, remembers and publishes an outcome. Without an id there is nobody to tell.
    fn answer(
        &self,
        id: Option<String>,
        result: Result<Box<RawValue>, CommandError>,
        memory: &Mutex<Memory>,
    ) {
        let status = result.as_ref().err().map_or(Status::Applied, CommandError::status);
        self.core.counters.count(status);
        self.core.hub.metrics.answered(&result);
        match &result {
            Ok(value) => tracing::info!(%value, "applied"),
            Err(error) => tracing::warn!(%status, reason = %error, "not applied"),
        }
        let Some(id) = id else { return };
        let outcome = outcome(id, result);
        remember(memory, &outcome);
        self.core.answer(outcome);
    }
}

/// Answers a command that was here before, as it was answered then.
fn answer_again(core: &Core, outcome: Outcome) {
    core.counters.repeated.fetch_add(1, Ordering::Relaxed);
    core.hub.metrics.repeated();
    tracing::info!("came again, answered from memory");
    core.answer(outcome);
}

/// Under which all that happens to a command is told.
fn span(core: &Core, inbound: &Inbound, command: &payload::Command) -> Span {
    let (asset, id) = (inbound.asset.as_deref(), command.id.as_deref());
    tracing::info_span!(parent: None, "command", device = %core.origin.id, asset, id)
}

/// Answers a command that the device does not take.
pub(super) fn refuse(core: &Core, memory: &Mutex<Memory>, inbound: Inbound, error: CommandError) {
    let (command, _) = payload::read_command(&inbound.payload);
    let _entered = span(core, &inbound, &command).entered();
    if let Some(outcome) = recall(memory, command.id.as_deref()) {
        answer_again(core, outcome);
        return inbound.ack.done();
    }
    tracing::warn!(reason = %error, "not applied");
    core.counters.count(error.status());
    let result = Err(error);
    core.hub.metrics.answered(&result);
    if let Some(id) = command.id {
        let outcome = outcome(id, result);
        // Who was told that it is not done must not see it done when it comes again.
        remember(memory, &outcome);
        core.answer(outcome);
    }
    inbound.ack.done();
}

/// The answer to a command, small enough to be sent.
fn outcome(id: String, result: Result<Box<RawValue>, CommandError>) -> Outcome {
    match result {
        Ok(value) if value.get().len() > payload::MAX_BYTES - OVERHEAD => {
            let reason = Some("applied; the value is too large for an answer".to_owned());
            Outcome { id, status: Status::Applied, value: None, reason }
        }
        Ok(value) => Outcome { id, status: Status::Applied, value: Some(value), reason: None },
        Err(error) => {
            let reason = shortened(error.to_string());
            Outcome { id, status: error.status(), value: None, reason: Some(reason) }
        }
    }
}

/// A reason repeats what came: it must not become a message that cannot be sent.
fn shortened(mut reason: String) -> String {
    if reason.len() > MAX_REASON {
        reason.truncate(reason.floor_char_boundary(MAX_REASON));
        reason.push_str(" ..");
    }
    reason
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
