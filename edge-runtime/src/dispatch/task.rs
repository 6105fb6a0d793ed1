//! What is done with a command: read it, run the handler, make what it applied the state. And with an error: tell
//! the handler.

use std::any::Any;
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_proto::payload;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::value::RawValue;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::answer::{Answer, answer, answer_again, span};
use super::decide::{self, Wanted};
use super::memory::{Memory, recall};
use super::{Call, Changes, Command, CommandError, Handler, HandlerResult};
use crate::core::{Core, SetError};
use crate::failures::ErrorEvent;
use crate::hub::{Inbound, Target};
use crate::outbox::OfStore as _;
use crate::storage::{Storage, Uploading};
use crate::value::codec::{AnyValue, Json};

/// How long a handler's method may take, unless the `timeout` of its asset or action says otherwise.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// What a method is called that is no asset's and no action's.
const ON_CHANGE: &str = "on_change";

/// The same of what reads and writes values.
const VALUE: &str = "AssetValue";

/// Values by the asset's index.
type Values = Vec<(usize, AnyValue)>;

/// See the module.
pub(super) struct DeviceTask {
    core: Arc<Core>,
    handler: Box<dyn Handler>,
    /// For the files of what it applies.
    storage: Storage,
    /// Assets whose handler has done something that did not become the state: who knows how they are.
    unsure: BTreeSet<usize>,
}

impl DeviceTask {
    pub(super) fn new(core: Arc<Core>, handler: Box<dyn Handler>, storage: Storage) -> Self {
        Self { core, handler, storage, unsure: BTreeSet::new() }
    }

    /// Does what a command wants, or answers why not.
    pub(super) async fn take(&mut self, inbound: Inbound, memory: &Mutex<Memory>) {
        let (command, read) = payload::read_command(&inbound.payload);
        let span = span(&self.core, &inbound.target, &command);
        let (core, id) = (Arc::clone(&self.core), command.id.clone());
        let taken = async {
            if let Some(outcome) = recall(memory, command.id.as_deref()) {
                return answer_again(&self.core, outcome);
            }
            let wanted = if inbound.retained { Err(CommandError::Retained) } else { Ok(()) }
                .and(read.map_err(CommandError::from))
                .and_then(|()| decide::wanted(&self.core, &inbound.target, &command, Timestamp::now()));
            let result = match wanted {
                Ok(wanted) => self.run(wanted, command.at, &inbound.target).await,
                Err(error) => Err(error),
            };
            answer(&self.core, memory, command.id, result);
        };
        // Handlers are guarded one by one; reading and writing a value may be the user's code as well.
        if let Err(panic) = AssertUnwindSafe(taken.instrument(span.clone())).catch_unwind().await {
            let _entered = span.entered();
            tracing::error!(panic = panic_text(panic.as_ref()), "a value panicked");
            answer(&core, memory, id, Err(CommandError::Panicked { method: VALUE.to_owned() }));
        }
        // Only now: a command that was not finished comes again.
        inbound.ack.done();
    }

    /// Tells the handler that something was not delivered.
    pub(super) async fn tell(&mut self, error: ErrorEvent) {
        let handler = &mut self.handler;
        let told = AssertUnwindSafe(async { handler.failed(&error).await }).catch_unwind();
        let device = &self.core.origin.id;
        match tokio::time::timeout(HANDLER_TIMEOUT, told).await {
            Ok(Ok(())) if error.ignored.is_set() => self.core.origin.failures.detach(),
            Ok(Ok(())) => {}
            Ok(Err(panic)) => {
                tracing::error!(%device, %error, panic = panic_text(panic.as_ref()), "the handler panicked over an error");
            }
            Err(_) => {
                tracing::error!(%device, %error, after = ?HANDLER_TIMEOUT, "the handler did not finish with an error")
            }
        }
    }

    async fn run(&mut self, wanted: Wanted, at: Option<Timestamp>, target: &Target) -> Answer {
        match wanted {
            Wanted::Values(values) => {
                let applied = self.run_all(values, at.unwrap_or_else(Timestamp::now)).await?;
                Ok(Some(self.json(&applied, *target == Target::Several)))
            }
            Wanted::Action(call) => self.act(call).await.map(|()| None),
        }
    }

    async fn act(&mut self, call: Call) -> Result<(), CommandError> {
        let action = &self.core.model.actions[call.index];
        let timeout = action.timeout.unwrap_or(HANDLER_TIMEOUT);
        let handler = &mut self.handler;
        guarded(&self.core, action.name, timeout, async { handler.act(call).await }).await
    }

    /// Runs the handler for all values that are not so already, then makes what it applied the state, all or nothing.
    /// Returns what was applied, and what was so already, as JSON.
    async fn run_all(&mut self, values: Values, at: Timestamp) -> Result<Vec<(usize, Json)>, CommandError> {
        let mut changes = Changes::new(self.core.model, at);
        // What is so already, and a place for what is applied.
        let (mut answer, mut applied) = (Vec::with_capacity(values.len()), Values::new());
        for (index, value) in values {
            let value = match self.has(index, &value) {
                // Who is answered by the state must have it, and who was not told of it.
                true if self.core.hub.dialect().has_outcomes() && self.core.is_told(index) => None,
                true => Some(value),
                false => Some(self.run_one(index, value, &mut changes).await?),
            };
            let is_so = || self.core.json(index, self.core.current(index).as_ref());
            answer.push((index, if value.is_none() { is_so() } else { Json::default() }));
            applied.extend(value.map(|value| (index, value)));
        }
        // It has as long as the slowest of the assets, and so have the uploads.
        let timeouts = applied.iter().map(|(index, _)| timeout_of(&self.core, *index));
        let timeout = timeouts.max().unwrap_or(HANDLER_TIMEOUT);
        if changes.len() > 0 {
            self.ask(&changes, timeout).await?;
        }
        let applied = bring(&self.core, &self.storage, applied, timeout).await?;
        let mut places = answer.iter_mut();
        for (index, value) in &applied {
            let place = places.find(|(place, _)| place == index);
            place.into_iter().for_each(|(_, json)| *json = self.core.json(*index, value.as_ref()));
        }
        if !applied.is_empty() {
            let assets: Vec<usize> = applied.iter().map(|(index, _)| *index).collect();
            store(&self.core, applied).await?;
            self.unsure.retain(|index| !assets.contains(index));
        }
        Ok(answer)
    }

    /// Whether an asset has a value already, and nothing has happened to it since.
    fn has(&self, index: usize, value: &AnyValue) -> bool {
        !self.unsure.contains(&index) && self.core.has(index, value.as_ref())
    }

    /// Runs the method of one asset.
    async fn run_one(
        &mut self,
        index: usize,
        value: AnyValue,
        changes: &mut Changes,
    ) -> Result<AnyValue, CommandError> {
        let (asset, at) = (&self.core.model.assets[index], changes.at());
        let (before, previous) = (self.core.current(index), self.core.current(index));
        self.unsure.insert(index);
        let handler = &mut self.handler;
        let method = async { handler.dispatch(Command { index, value, previous, at }).await };
        let value = guarded(&self.core, asset.name, timeout_of(&self.core, index), method).await?;
        // What is missing in it may be all that is wrong with it.
        if self.core.missing(index, value.as_ref()).is_empty() {
            applicable(&self.core, index, &value)?;
        }
        changes.push(index, &value, &before);
        Ok(value)
    }

    /// Asks the handler whether all of it may be so.
    async fn ask(&mut self, changes: &Changes, timeout: Duration) -> Result<(), CommandError> {
        let handler = &mut self.handler;
        let asked = guarded(&self.core, ON_CHANGE, timeout, async { handler.changed(changes).await }).await;
        asked.map_err(|error| match error {
            CommandError::Handler { error, .. } => CommandError::Vetoed { error },
            other => other,
        })
    }

    /// What was applied: a value, or values by name.
    fn json(&self, applied: &[(usize, Json)], several: bool) -> Box<RawValue> {
        let text = |json: &[u8]| String::from_utf8_lossy(json).into_owned();
        let json = if several {
            let entry = |(index, json): &(usize, Json)| {
                format!("\"{}\":{}", self.core.model.assets[*index].name, text(json))
            };
            format!("{{{}}}", applied.iter().map(entry).collect::<Vec<_>>().join(","))
        } else {
            applied.first().map(|(_, json)| text(json)).unwrap_or_default()
        };
        RawValue::from_string(json).expect("encoded values are JSON")
    }
}

/// Brings the files in what was applied to the platform. Then it can be the state.
async fn bring(
    core: &Core,
    storage: &Storage,
    applied: Values,
    timeout: Duration,
) -> Result<Values, CommandError> {
    let missing = applied.iter().flat_map(|(index, value)| core.missing(*index, value.as_ref()));
    let missing: Vec<_> = missing.collect();
    let Some(first) = missing.first().map(|missing| missing.of) else { return Ok(applied) };
    let mut uploading = Uploading::new(missing, || storage.clone());
    let brought = poll_fn(|context| uploading.poll(context, || Ok(()), |error| error));
    match tokio::time::timeout(timeout, brought).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let states = applied.iter().map(|(index, value)| (*index, value));
            return Err(core.not_uploaded(states, error).into());
        }
        Err(_) => return Err(CommandError::NotUploaded { asset: first.to_owned(), after: timeout }),
    }
    applied.iter().try_for_each(|(index, value)| applicable(core, *index, value))?;
    Ok(applied)
}

/// Checks what a handler has applied.
fn applicable(core: &Core, index: usize, value: &AnyValue) -> Result<(), CommandError> {
    let asset = || core.model.assets[index].name.to_owned();
    let checked = core.check(index, value.as_ref());
    checked.map_err(|refusal| CommandError::Applied { asset: asset(), refusal })
}

/// Makes values the state.
async fn store(core: &Core, applied: Values) -> Result<(), CommandError> {
    let asset = applied.first().map_or(0, |(index, _)| *index);
    // What is computed from the values is the user's code, too.
    match catch_unwind(AssertUnwindSafe(|| core.applied(applied))) {
        Ok(Ok(accepted)) => {
            let stored = poll_fn(|context| accepted.poll_stored(context)).await;
            stored.map_err(|error| SetError::of_store(&core.origin.id, &error))?;
            Ok(())
        }
        Ok(Err(error)) => Err(error.into()),
        Err(panic) => Err(panicked(core.model.assets[asset].name, panic.as_ref())),
    }
}

/// How long the method of an asset may take.
fn timeout_of(core: &Core, index: usize) -> Duration {
    core.model.assets[index].rules.timeout.unwrap_or(HANDLER_TIMEOUT)
}

/// Runs a method of the handler, which may fail, panic, and take too long. It may panic before it returns its future,
/// too: so it is called inside of this one.
async fn guarded<T>(
    core: &Core,
    name: &str,
    timeout: Duration,
    method: impl Future<Output = HandlerResult<T>>,
) -> Result<T, CommandError> {
    let start = Instant::now();
    let ended = tokio::time::timeout(timeout, AssertUnwindSafe(method).catch_unwind()).await;
    core.hub.metrics.handled(start.elapsed());
    match ended {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(error))) => Err(CommandError::Handler { method: name.to_owned(), error }),
        Ok(Err(panic)) => Err(panicked(name, panic.as_ref())),
        Err(_) => Err(CommandError::TimedOut { method: name.to_owned(), after: timeout }),
    }
}

fn panicked(name: &str, panic: &(dyn Any + Send)) -> CommandError {
    tracing::error!(panic = panic_text(panic), "the handler panicked");
    CommandError::Panicked { method: name.to_owned() }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
