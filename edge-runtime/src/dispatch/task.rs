//! What is done with a command: read it, run the handler, make what it applied the state. And with an error: tell
//! the handler.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use edge_proto::payload;
use futures_util::FutureExt as _;
use jiff::Timestamp;
use smallvec::SmallVec;
use tokio::task::coop;
use tokio::time::{Instant, sleep_until};
use tracing::Instrument as _;

use super::answer::{Answer, answer, answer_again, span};
use super::decide::{self, Values, Wanted};
use super::memory::Memory;
use super::{Call, Changes, Command, CommandError, Handler, HandlerResult};
use crate::core::{Core, SetError};
use crate::failures::ErrorEvent;
use crate::hub::{Inbound, Target};
use crate::outbox::OfStore as _;
use crate::storage::{Storage, Uploading};
use crate::value::codec::{AnyValue, Json};

/// How long a handler's method may take, unless the `timeout` of its asset or action says otherwise.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// What the buffer for values keeps: what is large is rare.
const KEPT: usize = 4096;

/// What a method is called that is no asset's and no action's.
const ON_CHANGE: &str = "on_change";

/// The same of what reads and writes values.
const VALUE: &str = "AssetValue";

/// What a command comes to by the asset's index, in JSON; `None` until it is known.
type Answers = SmallVec<[(usize, Option<Json>); 1]>;

/// See the module.
pub(super) struct DeviceTask {
    core: Arc<Core>,
    handler: Box<dyn Handler>,
    /// For the files of what it applies.
    storage: Storage,
    /// Assets whose handler has done something that did not become the state: who knows how they are.
    unsure: Vec<usize>,
    /// Where values are written before it is known how long they are.
    scratch: Vec<u8>,
}

impl DeviceTask {
    pub(super) fn new(core: Arc<Core>, handler: Box<dyn Handler>, storage: Storage) -> Self {
        Self { core, handler, storage, unsure: Vec::new(), scratch: Vec::new() }
    }

    /// Does what a command wants, or answers why not.
    pub(super) async fn take(&mut self, inbound: Inbound, memory: &Memory) {
        let (command, read) = payload::read_command(&inbound.payload);
        let span = span(&self.core, &inbound.target, &command);
        // Handlers are guarded one by one; reading and writing a value may be the user's code as well.
        let ended = {
            // Pinned where it is made: it is large, and what wraps it would move it again and again.
            let taken = pin!(async {
                if let Some(outcome) = memory.recall(command.id.as_deref()) {
                    return answer_again(&self.core, outcome);
                }
                let wanted = if inbound.retained { Err(CommandError::Retained) } else { Ok(()) }
                    .and(read.map_err(CommandError::from))
                    .and_then(|()| {
                        let now = || self.core.hub.clock.now().at;
                        decide::wanted(&self.core, &inbound.target, &command, now)
                    });
                let result = match wanted {
                    Ok(wanted) => self.run(wanted, command.at, &inbound.target).await,
                    Err(error) => Err(error),
                };
                answer(&self.core, memory, command.id, result);
            });
            AssertUnwindSafe(taken.instrument(span.clone())).catch_unwind().await
        };
        if let Err(panic) = ended {
            let _entered = span.entered();
            tracing::error!(panic = panic_text(panic.as_ref()), "a value panicked");
            let (command, _) = payload::read_command(&inbound.payload);
            let error = CommandError::Panicked { method: VALUE.to_owned() };
            answer(&self.core, memory, command.id, Err(error));
        }
        if self.scratch.capacity() > KEPT {
            self.scratch = Vec::new();
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
                let answers =
                    self.run_all(values, at.unwrap_or_else(|| self.core.hub.clock.now().at)).await?;
                Ok(Some(self.json(answers, *target == Target::Several)))
            }
            Wanted::Action(call) => self.act(call).await.map(|()| None),
        }
    }

    async fn act(&mut self, call: Call) -> Result<(), CommandError> {
        let action = &self.core.model.actions[call.index];
        let timeout = action.timeout.unwrap_or(HANDLER_TIMEOUT);
        let handler = &mut self.handler;
        let method = async { handler.act(call).await };
        guarded(&self.core, action.name, timeout, &mut Instant::now(), method).await
    }

    /// Runs the handler for all values that are not so already, then makes what it applied the state, all or nothing.
    /// Returns what was applied, and what was so already, as JSON.
    async fn run_all(&mut self, values: Values, at: Timestamp) -> Result<Answers, CommandError> {
        let mut changes = Changes::new(self.core.model, at);
        let mut answers = Answers::with_capacity(values.len());
        // It has as long as the slowest of the assets, and so have the uploads.
        let (mut timeout, mut now) = (None, Instant::now());
        for (index, value) in values {
            let has = self.has(index, &value);
            // Who is answered by the state must have it, and who was not told of it.
            if has && self.core.hub.dialect().has_outcomes() && self.core.is_told(index) {
                answers.push((index, Some(Json::written(&mut self.scratch))));
                continue;
            }
            timeout = timeout.max(Some(timeout_of(&self.core, index)));
            answers.push((index, None));
            if has {
                changes.push(index, value, None);
            } else {
                let (value, previous) = self.run_one(index, value, at, &mut now).await?;
                changes.push(index, value, Some(previous));
            }
        }
        let timeout = timeout.unwrap_or(HANDLER_TIMEOUT);
        if changes.len() > 0 {
            self.ask(&changes, timeout, &mut now).await?;
        }
        let mut applied = bring(&self.core, &self.storage, changes.into_values(), timeout).await?;
        if !applied.is_empty() {
            let mut places = answers.iter_mut();
            let tell = |index: usize, applied: &Json| {
                let place = places.find(|(place, _)| *place == index);
                place.into_iter().for_each(|(_, json)| *json = Some(applied.clone()));
            };
            store(&self.core, &mut applied, tell).await?;
            self.unsure.retain(|index| !applied.iter().any(|(applied, _)| applied == index));
        }
        Ok(answers)
    }

    /// Whether an asset has a value already, and nothing has happened to it since. The value is in the scratch then.
    fn has(&mut self, index: usize, value: &AnyValue) -> bool {
        if self.unsure.contains(&index) {
            return false;
        }
        self.scratch.clear();
        (self.core.model.assets[index].codec.encode)(value.as_ref(), &mut self.scratch);
        self.core.has(index, &self.scratch)
    }

    /// Runs the method of one asset. Returns what it has applied, and what was before.
    async fn run_one(
        &mut self,
        index: usize,
        value: AnyValue,
        at: Timestamp,
        now: &mut Instant,
    ) -> Result<(AnyValue, AnyValue), CommandError> {
        let asset = &self.core.model.assets[index];
        let previous = self.core.current(index);
        let before = (asset.codec.copy)(previous.as_ref());
        if !self.unsure.contains(&index) {
            self.unsure.push(index);
        }
        let handler = &mut self.handler;
        let method = async { handler.dispatch(Command { index, value, previous, at }).await };
        let value = guarded(&self.core, asset.name, timeout_of(&self.core, index), now, method).await?;
        // What is missing in it may be all that is wrong with it.
        if self.core.missing(index, value.as_ref()).is_empty() {
            applicable(&self.core, index, &value)?;
        }
        Ok((value, before))
    }

    /// Asks the handler whether all of it may be so.
    async fn ask(
        &mut self,
        changes: &Changes,
        timeout: Duration,
        now: &mut Instant,
    ) -> Result<(), CommandError> {
        let handler = &mut self.handler;
        let method = async { handler.changed(changes).await };
        let asked = guarded(&self.core, ON_CHANGE, timeout, now, method).await;
        asked.map_err(|error| match error {
            CommandError::Handler { error, .. } => CommandError::Vetoed { error },
            other => other,
        })
    }

    /// What was applied: a value, or values by name.
    fn json(&self, answers: Answers, several: bool) -> Json {
        let all = answers.into_iter().map(|(index, json)| (index, json.unwrap_or_default()));
        if !several {
            return all.map(|(_, json)| json).next().unwrap_or_default();
        }
        let mut out = Vec::new();
        for (index, json) in all {
            out.push(if out.is_empty() { b'{' } else { b',' });
            // Names need no escapes.
            out.push(b'"');
            out.extend_from_slice(self.core.model.assets[index].name.as_bytes());
            out.extend_from_slice(b"\":");
            out.extend_from_slice(&json);
        }
        out.push(b'}');
        out.into()
    }
}

/// Brings the files in what was applied to the platform. Then it can be the state.
async fn bring(
    core: &Core,
    storage: &Storage,
    applied: Values,
    timeout: Duration,
) -> Result<Values, CommandError> {
    let mut missing = Vec::new();
    applied.iter().for_each(|(index, value)| missing.append(&mut core.missing(*index, value.as_ref())));
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

/// Makes values the state, and tells each in JSON.
async fn store(
    core: &Core,
    applied: &mut Values,
    tell: impl FnMut(usize, &Json),
) -> Result<(), CommandError> {
    let asset = applied.first().map_or(0, |(index, _)| *index);
    // What is computed from the values is the user's code, too.
    match catch_unwind(AssertUnwindSafe(|| core.applied(applied, tell))) {
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
/// too: so it is called inside of this one. It begins `now`, which is then when it has ended.
async fn guarded<T>(
    core: &Core,
    name: &str,
    timeout: Duration,
    now: &mut Instant,
    method: impl Future<Output = HandlerResult<T>>,
) -> Result<T, CommandError> {
    let start = *now;
    let ended = within(start.checked_add(timeout), AssertUnwindSafe(method).catch_unwind()).await;
    *now = Instant::now();
    core.hub.metrics.handled(now.saturating_duration_since(start));
    match ended {
        Some(Ok(Ok(value))) => Ok(value),
        Some(Ok(Err(error))) => Err(CommandError::Handler { method: name.to_owned(), error }),
        Some(Err(panic)) => Err(panicked(name, panic.as_ref())),
        None => Err(CommandError::TimedOut { method: name.to_owned(), after: timeout }),
    }
}

/// What comes of a future until then; `None`: it has all the time that there is. Most are ready at once, and need no
/// timer.
async fn within<T>(end: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    let (mut future, mut late) = (pin!(future), pin!(None));
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if late.is_none() {
            // Also where the future leaves nothing of the task's turn to others.
            late.set(end.map(|end| coop::unconstrained(sleep_until(end))));
        }
        late.as_mut().as_pin_mut().map_or(Poll::Pending, |late| late.poll(context).map(|()| None))
    })
    .await
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
