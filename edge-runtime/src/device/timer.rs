//! The task of a device that says what is due: there while something is.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::handle::DeviceHandle;
use super::pipelines::Ended;
use super::place::Place;
use crate::alert::ReportError;
use crate::core::SetError;
use crate::future::BoxFuture;
use crate::lock::lock;
use crate::policy::Made;
use crate::value::codec::AnyValue;

/// So many alerts of windows wait for room.
const MOST_ALERTS: usize = 1024;

/// Between a panic and the next look.
const AFTER_PANIC: Duration = Duration::from_secs(1);

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
        task: JoinHandle<()>,
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
                let task = runtime.spawn(run(device()));
                *state = State::Running { task, again: false };
            }
            State::Running { again, .. } => {
                *again = true;
                self.woken.notify_one();
            }
            State::Stopped => {}
        }
    }

    /// Ends the task for good, of a device that is closed: what of it waits for room is refused, and told, before it ends.
    pub(super) async fn end(&self, limit: Duration) {
        let Some(mut task) = self.take() else { return };
        self.woken.notify_one();
        if timeout(limit, &mut task).await.is_err() {
            task.abort();
        }
    }

    /// Ends the task for good and at once.
    pub(super) fn stop(&self) {
        self.take().inspect(JoinHandle::abort);
    }

    fn take(&self) -> Option<JoinHandle<()>> {
        match std::mem::replace(&mut *lock(&self.state), State::Stopped) {
            State::Running { task, .. } => Some(task),
            State::Idle | State::Stopped => None,
        }
    }

    fn is_stopped(&self) -> bool {
        matches!(*lock(&self.state), State::Stopped)
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

/// What came out of windows and is not accepted yet.
#[derive(Default)]
struct Waiting {
    /// Of each asset the newest.
    values: Vec<(usize, AnyValue)>,
    alerts: Vec<Made>,
    raising: Option<BoxFuture<'static, ()>>,
    place: Place,
}

impl Waiting {
    fn take(&mut self, device: &DeviceHandle, ended: Ended) {
        for (index, value) in ended.values {
            self.values.retain(|(waits, _)| *waits != index);
            self.values.push((index, value));
        }
        self.alerts.extend(ended.alerts);
        // The oldest are the first that nobody needs any more.
        for alert in self.alerts.drain(..self.alerts.len().saturating_sub(MOST_ALERTS)) {
            device.tell_not_raised(alert.as_ref(), ReportError::NoRoom { device: device.id().to_string() });
        }
    }

    /// Ready when all is accepted, or never will be; otherwise the task is woken when there is room.
    fn poll(&mut self, device: &DeviceHandle, context: &mut Context<'_>) -> Poll<()> {
        while self.raising.is_some() || !self.alerts.is_empty() {
            let raising =
                self.raising.get_or_insert_with(|| device.raise_all(std::mem::take(&mut self.alerts)));
            ready!(raising.as_mut().poll(context));
            self.raising = None;
        }
        let Self { values, place, .. } = self;
        values.retain_mut(|(index, value)| !is_set(device, *index, value, place, context));
        if self.values.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Says what is due, until nothing is. What panics of the user's types is lost, and all else goes on.
async fn run(device: DeviceHandle) {
    while AssertUnwindSafe(say_all(&device)).catch_unwind().await.is_err() {
        tracing::error!(device = %device.id(), "something panicked while what is due was said");
        tokio::time::sleep(AFTER_PANIC).await;
    }
}

async fn say_all(device: &DeviceHandle) {
    let mut waiting = Waiting::default();
    loop {
        let next = device.say_due(&mut waiting);
        let woken = async {
            match next {
                Some(at) => drop(timeout_at(at, device.timer().woken.notified()).await),
                None => device.timer().woken.notified().await,
            }
        };
        let mut woken = pin!(woken);
        let is_all_said = poll_fn(|context| {
            let is_last = next.is_none() || device.timer().is_stopped();
            let is_all_said = waiting.poll(device, context).is_ready() && is_last;
            if is_all_said { Poll::Ready(true) } else { woken.as_mut().poll(context).map(|()| false) }
        });
        if is_all_said.await && device.timer().is_done() {
            return;
        }
    }
}

/// Whether a value is set, or never will be; otherwise the task is woken when there is room.
fn is_set(
    device: &DeviceHandle,
    index: usize,
    value: &mut AnyValue,
    place: &mut Place,
    context: &Context<'_>,
) -> bool {
    let core = device.core();
    // Its type, and what is computed from it, are the user's code: should it panic, all else goes on.
    let set = catch_unwind(AssertUnwindSafe(|| {
        // What is set is taken; what is refused is to be told.
        let mut taken = Some((core.model.assets[index].codec.copy)(value.as_ref()));
        match place.ask(core, context, |waiter| core.poll_set(index, &mut taken, None, waiter)) {
            Poll::Pending => return false,
            Poll::Ready(Ok(_) | Err(SetError::Closed { .. })) => {}
            Poll::Ready(Err(error)) => core.tell_not_set(index, value.as_ref(), error),
        }
        true
    }));
    set.unwrap_or_else(|_| {
        let asset = core.model.assets[index].name;
        tracing::error!(device = %device.id(), asset, "what a window has made is lost: setting it panicked");
        true
    })
}

impl DeviceHandle {
    /// Says what is due now, and gives when to look again.
    fn say_due(&self, waiting: &mut Waiting) -> Option<Instant> {
        let (core, now) = (self.core(), Instant::now());
        let said = core.say_due(now);
        said.stale.into_iter().for_each(|index| core.tell_stale(index));
        let ended = self.pipelines().due(core, now);
        let next = ended.next;
        waiting.take(self, ended);
        said.next.into_iter().chain(next).min()
    }
}

#[cfg(test)]
mod tests {
    use super::super::builder::start;
    use super::super::{Attachment, DeviceBuilder, Handlers, NoHandler};
    use super::*;
    use crate::ModelDocument;
    use crate::dispatch::{Command, Dispatched, Handler};
    use crate::policy::Pipeline;
    use crate::testing::MemoryPlatform;

    const METER: &str = r#"{"urn": "urn:example:meter:1", "name": "Meter", "attributes": [{"name": "power", "type": "NUMBER"}]}"#;

    impl Handler for NoHandler {
        fn dispatch(&mut self, command: Command) -> Dispatched<'_> {
            command.unhandled()
        }

        fn hears_errors(&self) -> bool {
            false
        }
    }

    /// A command of an earlier connection is handled as soon as its device is on the link, by another thread. What its
    /// handler offered before the timer was there stood in its window until the next offer.
    #[tokio::test(start_paused = true)]
    async fn v42_a_window_that_is_filled_before_the_timer_is_there_ends_in_time() {
        let second = Duration::from_secs(1);
        let document = ModelDocument::from_json(METER).unwrap();
        let platform = MemoryPlatform::new().platform();
        let builder =
            DeviceBuilder::dynamic(platform, "METER-1".to_owned(), &document, Attachment::Own).unwrap();
        let DeviceBuilder { platform, attachment, sn, first, options, .. } = builder;
        let early = Box::new(move |device: DeviceHandle| {
            device.set_pipeline("power", Pipeline::<f64>::new().mean(10 * second, 10 * second)).unwrap();
            assert!(device.offer("power", 21.0).now_or_never().unwrap().unwrap().is_none());
            Handlers { own: Box::new(NoHandler), children: Vec::new() }
        });
        let model = first.model;
        let meter = start(platform, attachment, &sn, model, Box::new(first), early, options).await.unwrap();
        tokio::time::sleep(9 * second).await;
        assert_eq!(meter.get("power").unwrap(), 0.0);
        tokio::time::sleep(2 * second).await;
        assert_eq!(meter.get("power").unwrap(), 21.0);
        meter.close().await.unwrap();
    }
}
