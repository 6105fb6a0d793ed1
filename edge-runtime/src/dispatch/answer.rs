//! The answers to commands: counted, logged, remembered and sent.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use edge_proto::payload::{self, Status};
use tracing::Span;

use super::CommandError;
use super::memory::Memory;
use crate::cause::chain;
use crate::core::Core;
use crate::hub::{Inbound, Target};
use crate::outbox::Outcome;
use crate::value::codec::Json;

/// Room for id, status and names around an outcome's value.
const OVERHEAD: usize = 1024;
/// The most bytes of an outcome's reason.
const MAX_REASON: usize = 1024;

/// What a command has come to: what was applied in JSON, if that can be said, or why it was not.
pub(super) type Answer = Result<Option<Json>, CommandError>;

/// Counts, logs, remembers and publishes an outcome. Without an id there is nobody to tell.
pub(super) fn answer(core: &Core, memory: &Memory, id: Option<String>, result: Answer) {
    let status = result.as_ref().err().map_or(Status::Applied, CommandError::status);
    core.counters.count(status);
    core.hub.metrics.answered(status, result.as_ref().err().map(CommandError::word));
    match &result {
        Ok(Some(value)) => tracing::info!(value = %String::from_utf8_lossy(value), "applied"),
        Ok(None) => tracing::info!("applied"),
        Err(error) => tracing::warn!(%status, reason = chain(error), "not applied"),
    }
    let Some(id) = id else { return };
    let outcome = Arc::new(outcome(id, result));
    // Who was told that it is not done must not see it done when it comes again.
    memory.remember(&outcome);
    core.answer(outcome);
}

/// Answers a command that was here before, as it was answered then.
pub(super) fn answer_again(core: &Core, outcome: Arc<Outcome>) {
    core.counters.repeated.fetch_add(1, Ordering::Relaxed);
    core.hub.metrics.repeated();
    tracing::info!("came again, answered from memory");
    core.answer(outcome);
}

/// Under which all that happens to a command is told.
pub(super) fn span(core: &Core, target: &Target, command: &payload::Command) -> Span {
    let (asset, action) = match target {
        Target::Asset(asset) => (Some(&**asset), None),
        Target::Several => (None, None),
        Target::Action(action) => (None, Some(&**action)),
    };
    let id = command.id.as_deref();
    tracing::info_span!(parent: None, "command", device = %core.origin.id, asset, action, id)
}

/// Answers a command that the device does not take.
pub(super) fn refuse(core: &Core, memory: &Memory, inbound: Inbound, error: CommandError) {
    let (command, _) = payload::read_command(&inbound.payload);
    let _entered = span(core, &inbound.target, &command).entered();
    match memory.recall(command.id.as_deref()) {
        Some(outcome) => answer_again(core, outcome),
        None => answer(core, memory, command.id, Err(error)),
    }
    inbound.ack.done();
}

/// The answer to a command, small enough to be sent.
fn outcome(id: String, result: Answer) -> Outcome {
    match result {
        Ok(Some(value)) if value.len() > payload::MAX_BYTES - OVERHEAD => {
            let reason = Some("applied; the value is too large for an answer".to_owned());
            Outcome { id, status: Status::Applied, value: None, reason }
        }
        Ok(value) => Outcome { id, status: Status::Applied, value, reason: None },
        Err(error) => {
            let reason = shortened(chain(&error));
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
