//! The commands of one device, and the task that handles them: there while there is something to do.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use edge_proto::payload;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::memory::Memory;
use super::task::{DeviceTask, refuse};
use super::{CommandError, Handler};
use crate::core::Core;
use crate::hub::Inbound;

/// How many commands may wait for their device's handler.
pub(super) const CAPACITY: usize = 1024;

/// Holds at most [`CAPACITY`] commands; what comes when it is full is refused, and answered.
pub(crate) struct Mailbox {
    core: Arc<Core>,
    state: Mutex<State>,
    /// Of commands that were handled, and of those that were refused here.
    memory: Mutex<Memory>,
    /// Told when a task has nothing more to do.
    idle: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Inbound>,
    /// Here while it has nothing to do.
    task: Option<Box<DeviceTask>>,
    running: Option<AbortHandle>,
    stopped: bool,
}

impl Mailbox {
    pub(crate) fn new(core: Arc<Core>, handler: Box<dyn Handler>) -> Arc<Self> {
        let task = Some(Box::new(DeviceTask::new(Arc::clone(&core), handler)));
        let state = Mutex::new(State { task, ..State::default() });
        Arc::new(Self { core, state, memory: Mutex::default(), idle: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a command, or refuses it. Returns at once.
    pub(crate) fn take(self: &Arc<Self>, command: Inbound) {
        if self.only_asks(&command) {
            return command.ack.done();
        }
        let mut state = self.lock();
        let refusal = if state.stopped {
            CommandError::Closing
        } else if state.waiting.len() >= CAPACITY {
            CommandError::Busy { waiting: CAPACITY }
        } else {
            state.waiting.push_back(command);
            if let Some(task) = state.task.take() {
                let running = tokio::spawn(Arc::clone(self).run(task));
                state.running = Some(running.abort_handle());
            }
            return;
        };
        drop(state);
        refuse(&self.core, &self.memory, command, refusal);
    }

    /// Lets the device say again how it is, if it is asked to: whoever asks does not wait for a handler. Returns
    /// whether that was all.
    fn only_asks(&self, command: &Inbound) -> bool {
        if command.asset.is_some() || command.retained {
            return false;
        }
        let (command, _) = payload::read_command(&command.payload);
        if command.announce {
            self.core.hub.ask_to_announce(&self.core.origin);
        }
        command.announce && command.id.is_none() && command.values.is_empty()
    }

    /// Handles what is waiting, one by one and in order.
    async fn run(self: Arc<Self>, mut task: Box<DeviceTask>) {
        loop {
            let next = {
                let mut state = self.lock();
                match state.waiting.pop_front() {
                    Some(command) => command,
                    None => {
                        state.task = Some(task);
                        state.running = None;
                        break;
                    }
                }
            };
            task.take(next, &self.memory).await;
        }
        self.idle.notify_waiters();
    }

    /// Takes nothing more, refuses what is waiting, and waits for the handler that is running, at most
    /// `timeout`.
    pub(crate) async fn stop(&self, timeout: Duration) {
        let waiting = {
            let mut state = self.lock();
            state.stopped = true;
            std::mem::take(&mut state.waiting)
        };
        for command in waiting {
            refuse(&self.core, &self.memory, command, CommandError::Closing);
        }
        // Not acknowledged, a command that is not done comes again.
        let _ = tokio::time::timeout(timeout, self.at_rest()).await;
        self.abort();
    }

    async fn at_rest(&self) {
        loop {
            let idle = self.idle.notified();
            tokio::pin!(idle);
            idle.as_mut().enable();
            if self.lock().running.is_none() {
                return;
            }
            idle.await;
        }
    }

    /// Ends the handler that is running, wherever it is, and drops it.
    pub(crate) fn abort(&self) {
        let mut state = self.lock();
        state.stopped = true;
        if let Some(running) = state.running.take() {
            running.abort();
        }
        let task = state.task.take();
        drop(state);
        // Without the lock: the handler's own end may be anything.
        drop(task);
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("device", &self.core.origin.id).finish_non_exhaustive()
    }
}
