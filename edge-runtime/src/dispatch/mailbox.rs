//! The commands of one device and what its handler hears, and the worker that handles them: a task that is there from the
//! first of them on, and has the handler while there is something to do.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use edge_proto::payload;
use tokio::runtime;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::answer::refuse;
use super::memory::Memory;
use super::task::DeviceTask;
use super::{CommandError, Handler};
use crate::core::Core;
use crate::failures::{ErrorEvent, HearsErrors};
use crate::hub::{Inbound, Target};
use crate::lock::lock;
use crate::storage::Storage;
use crate::until::until;

/// How many errors may wait for their device's handler; then the oldest goes, and the next one says how many have.
const ERRORS: usize = 256;

/// How many commands may wait for their device's handler.
pub(super) const CAPACITY: usize = 1024;

/// How many bytes of payloads may wait, and one command more.
const BYTES: usize = 16 * 1024 * 1024;

/// Holds at most [`CAPACITY`] commands and [`BYTES`]; what comes when it is full is refused, and answered. So is what comes
/// when the outbox has far too much already: what commands lead to waits for no room there.
pub(crate) struct Mailbox {
    core: Arc<Core>,
    state: Mutex<State>,
    /// Of commands that were handled, and of those that were refused here.
    memory: Memory,
    /// Told when the worker has nothing more to do.
    idle: Notify,
    /// Errors come on any thread.
    runtime: runtime::Handle,
}

/// What the worker does next.
enum Next {
    Command(Inbound),
    Error(ErrorEvent),
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Inbound>,
    /// Of the payloads of those.
    bytes: usize,
    errors: VecDeque<ErrorEvent>,
    /// How many are missing before the first of those.
    missed: u64,
    /// Who is next when both wait.
    is_errors_turn: bool,
    /// What is being handled: its target and payload.
    current: Option<(Target, Bytes)>,
    /// Here while there is nothing to do.
    task: Option<Box<DeviceTask>>,
    /// The worker, and how it is woken.
    worker: Option<AbortHandle>,
    waker: Option<Waker>,
    is_working: bool,
    stopped: bool,
}

impl State {
    /// Takes a command that is here already, if it is: it comes again with a new connection, whose
    /// acknowledgement is the one that counts.
    fn take_again(&mut self, command: Inbound) -> Option<Inbound> {
        let is_same = |waiting: &&mut Inbound| {
            waiting.target == command.target && waiting.payload == command.payload && !command.retained
        };
        if let Some(waiting) = self.waiting.iter_mut().find(is_same) {
            std::mem::replace(&mut waiting.ack, command.ack).done();
            return None;
        }
        let is_current = |(target, payload): &(Target, Bytes)| {
            *target == command.target && *payload == command.payload && !command.retained
        };
        if self.current.as_ref().is_some_and(is_current) {
            // One more than may wait; it will be answered as this one.
            self.push(command);
            return None;
        }
        Some(command)
    }

    fn push(&mut self, command: Inbound) {
        self.bytes += command.payload.len();
        self.waiting.push_back(command);
    }

    /// Commands and errors take turns, so that neither keeps the other from its own.
    fn next(&mut self) -> Option<Next> {
        let is_error = !self.errors.is_empty() && (self.is_errors_turn || self.waiting.is_empty());
        self.is_errors_turn = !is_error;
        if is_error {
            let error = self.errors.pop_front()?;
            return Some(Next::Error(ErrorEvent { missed: std::mem::take(&mut self.missed), ..error }));
        }
        let command = self.waiting.pop_front()?;
        self.bytes -= command.payload.len();
        self.current = Some((command.target.clone(), command.payload.clone()));
        Some(Next::Command(command))
    }
}

impl Mailbox {
    pub(crate) fn new(core: Arc<Core>, handler: Box<dyn Handler>, storage: Storage) -> Arc<Self> {
        let hears_errors = handler.hears_errors();
        let task = Some(Box::new(DeviceTask::new(Arc::clone(&core), handler, storage)));
        let state = Mutex::new(State { task, ..State::default() });
        let (memory, idle, runtime) = (Memory::default(), Notify::new(), runtime::Handle::current());
        let mailbox = Arc::new(Self { core, state, memory, idle, runtime });
        if hears_errors {
            let hears: Weak<dyn HearsErrors> = Arc::downgrade(&mailbox) as _;
            mailbox.core.origin.failures.attach(hears);
        }
        mailbox
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes a command, or refuses it. Returns at once.
    pub(crate) fn take(self: &Arc<Self>, command: Inbound) {
        if self.only_asks(&command) {
            return command.ack.done();
        }
        let swamped = self.core.hub.outbox.swamped();
        let mut state = self.lock();
        let is_full = state.waiting.len() >= CAPACITY || state.bytes >= BYTES;
        let is_busy = is_full || swamped.is_some();
        let Some(command) = (if is_busy { state.take_again(command) } else { Some(command) }) else { return };
        let refusal = if state.stopped {
            CommandError::Closing
        } else if is_full {
            CommandError::Busy { waiting: state.waiting.len() }
        } else if let Some(unacknowledged) = swamped {
            CommandError::Swamped { unacknowledged }
        } else {
            state.push(command);
            return self.wake(&mut state);
        };
        drop(state);
        refuse(&self.core, &self.memory, command, refusal);
    }

    /// There is something to do. A worker that works comes by itself.
    fn wake(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.is_working, true) {
            return;
        }
        if state.worker.is_none() {
            state.worker = Some(self.runtime.spawn(Arc::clone(self).run()).abort_handle());
        } else if let Some(waker) = &state.waker {
            waker.wake_by_ref();
        }
    }

    /// Lets the device say again how it is, if it is asked to: whoever asks does not wait for a handler. Returns
    /// whether that was all.
    fn only_asks(&self, command: &Inbound) -> bool {
        if command.target != Target::Several || command.retained {
            return false;
        }
        let (command, _) = payload::read_command(&command.payload);
        if command.announce {
            self.core.hub.ask_to_announce(&self.core.origin);
        }
        command.announce && command.id.is_none() && command.values.is_empty()
    }

    /// Handles what is waiting, one by one and in order, until it is ended.
    async fn run(self: Arc<Self>) {
        let mut task = None;
        while let Some(next) = poll_fn(|context| self.poll_next(&mut task, context)).await
            && let Some(task) = &mut task
        {
            // In boxes: what handling needs is not kept while there is nothing to do.
            match next {
                Next::Command(command) => Box::pin(task.take(command, &self.memory)).await,
                Next::Error(error) => Box::pin(task.tell(error)).await,
            }
        }
    }

    /// Ready when there is something to do, and then with who does it. `None`: it is ended.
    fn poll_next(&self, task: &mut Option<Box<DeviceTask>>, context: &Context<'_>) -> Poll<Option<Next>> {
        let mut state = self.lock();
        if state.worker.is_none() {
            // It was ended while the handler was at work: that does not come back.
            drop(state);
            self.let_go(task.take());
            return Poll::Ready(None);
        }
        state.current = None;
        *task = task.take().or_else(|| state.task.take());
        if task.is_none() {
            return Poll::Ready(None);
        }
        if let Some(next) = state.next() {
            return Poll::Ready(Some(next));
        }
        state.task = task.take();
        state.is_working = false;
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
            state.waker = Some(context.waker().clone());
        }
        drop(state);
        self.idle.notify_waiters();
        Poll::Pending
    }

    /// Takes no more commands, refuses those that are waiting, and waits for the handler that is running, at most
    /// `timeout`; longer, and it is ended. Errors it still hears.
    pub(crate) async fn stop(&self, timeout: Duration) {
        let waiting = {
            let mut state = self.lock();
            (state.stopped, state.bytes) = (true, 0);
            std::mem::take(&mut state.waiting)
        };
        for command in waiting {
            refuse(&self.core, &self.memory, command, CommandError::Closing);
        }
        if tokio::time::timeout(timeout, self.at_rest()).await.is_err() {
            // Not acknowledged, a command that is not done comes again.
            self.abort();
        }
    }

    /// Lets the handler hear what it has not heard yet, at most for `timeout`, and drops it.
    pub(crate) async fn end(&self, timeout: Duration) {
        let _ = tokio::time::timeout(timeout, self.at_rest()).await;
        self.abort();
    }

    async fn at_rest(&self) {
        until(&self.idle, || (!self.lock().is_working).then_some(())).await;
    }

    /// Ends the handler that is running, wherever it is, and drops it.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        state.stopped = true;
        let (worker, task) = (state.worker.take(), state.task.take());
        (state.is_working, state.waker) = (false, None);
        drop(state);
        worker.inspect(AbortHandle::abort);
        self.idle.notify_waiters();
        self.let_go(task);
    }

    /// Drops the handler. Without the lock: its own end may be anything, a panic as well.
    fn let_go(&self, task: Option<Box<DeviceTask>>) {
        let ended = catch_unwind(AssertUnwindSafe(|| drop(task)));
        if ended.is_err() {
            tracing::error!(device = %self.core.origin.id, "the handler has panicked when it was dropped");
        }
    }
}

impl HearsErrors for Mailbox {
    fn hear(self: Arc<Self>, event: ErrorEvent) {
        let mut state = self.lock();
        if state.task.is_none() && state.worker.is_none() {
            // It is ended.
            return;
        }
        if state.errors.len() >= ERRORS {
            state.errors.pop_front();
            state.missed += 1;
        }
        state.errors.push_back(event);
        self.wake(&mut state);
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("device", &self.core.origin.id).finish_non_exhaustive()
    }
}
