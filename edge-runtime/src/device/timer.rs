//! The task of a device that says what is due: there while something is.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, OnceLock};
use std::task::Context;

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout_at};

use super::handle::DeviceHandle;
use crate::cause::chain;
use crate::core::SetError;
use crate::lock::lock;
use crate::value::codec::AnyValue;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Timer {
    /// Where the task runs; set when the device joins its link. Before that there is none.
    runtime: OnceLock<Handle>,
    state: Mutex<State>,
    /// Tells the task that something is due earlier than it thinks.
    woken: Notify,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Idle,
    /// `again`: it was woken since it last looked.
    Running {
        task: AbortHandle,
        again: bool,
    },
    Stopped,
}

impl Timer {
    /// From now on the task is there when it is needed.
    pub(super) fn start(&self, runtime: Handle) {
        let _ = self.runtime.set(runtime);
    }

    /// Has the task look at what is due.
    pub(super) fn wake(&self, device: impl FnOnce() -> DeviceHandle) {
        let Some(runtime) = self.runtime.get() else { return };
        let mut state = lock(&self.state);
        match &mut *state {
            State::Idle => {
                let task = runtime.spawn(run(device())).abort_handle();
                *state = State::Running { task, again: false };
            }
            State::Running { again, .. } => {
                *again = true;
                self.woken.notify_one();
            }
            State::Stopped => {}
        }
    }

    /// Ends the task for good.
    pub(super) fn stop(&self) {
        if let State::Running { task, .. } = std::mem::replace(&mut *lock(&self.state), State::Stopped) {
            task.abort();
        }
    }

    /// Whether the task is done; not when it was woken meanwhile.
    fn is_done(&self) -> bool {
        let mut state = lock(&self.state);
        match &mut *state {
            State::Running { again, .. } => {
                let is_done = !std::mem::take(again);
                if is_done {
                    *state = State::Idle;
                }
                is_done
            }
            State::Idle | State::Stopped => true,
        }
    }
}

/// Says what is due, until nothing is.
async fn run(device: DeviceHandle) {
    // What came out of windows and has no room yet: of each asset the newest.
    let mut waiting: Vec<(usize, AnyValue)> = Vec::new();
    loop {
        let next = device.say_due(&mut waiting);
        if next.is_none() && waiting.is_empty() && device.timer().is_done() {
            return;
        }
        let mut wait = pin!(async {
            match next {
                Some(at) => drop(timeout_at(at, device.timer().woken.notified()).await),
                None => device.timer().woken.notified().await,
            }
        });
        poll_fn(|context| {
            let had = waiting.len();
            waiting.retain_mut(|(index, value)| !is_set(&device, *index, value, context));
            let is_all_set = had > 0 && waiting.is_empty() && next.is_none();
            if is_all_set { std::task::Poll::Ready(()) } else { wait.as_mut().poll(context) }
        })
        .await;
    }
}

/// Whether a value is set, or never will be; otherwise the task is woken when there is room.
fn is_set(device: &DeviceHandle, index: usize, value: &mut AnyValue, context: &Context<'_>) -> bool {
    let mut taken = Some(std::mem::replace(value, Box::new(())));
    // What is computed from it is the user's code.
    let core = device.core();
    let set = catch_unwind(AssertUnwindSafe(|| core.poll_set(index, &mut taken, None, context)));
    let (id, asset) = (device.id(), core.model.assets[index].name);
    match set {
        Ok(std::task::Poll::Pending) => {
            *value = taken.unwrap_or_else(|| Box::new(()));
            return false;
        }
        Ok(std::task::Poll::Ready(Ok(_) | Err(SetError::Closed { .. }))) => {}
        Ok(std::task::Poll::Ready(Err(error))) => {
            tracing::warn!(device = %id, asset, error = chain(&error), "what came out of a window is refused");
        }
        Err(_) => tracing::error!(device = %id, asset, "what is computed from it panicked"),
    }
    true
}

impl DeviceHandle {
    /// Says what is due now, and gives when to look again.
    fn say_due(&self, waiting: &mut Vec<(usize, AnyValue)>) -> Option<Instant> {
        let (core, now) = (self.core(), Instant::now());
        let said = core.say_due(now);
        for index in said.stale {
            tracing::warn!(device = %self.id(), asset = core.model.assets[index].name, "stale: not set for long");
        }
        let ended = self.pipelines().due(core, now);
        for (index, value) in ended.values {
            waiting.retain(|(waits, _)| *waits != index);
            waiting.push((index, value));
        }
        self.raise_all(ended.alerts);
        said.next.into_iter().chain(ended.next).min()
    }
}
