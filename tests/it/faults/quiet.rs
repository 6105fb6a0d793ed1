//! What must be true of every test: nothing panics but what means to, and no task goes on when it is over.

use std::ops::Deref;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant};

use edge_runtime::DeviceHandle;
use tokio::runtime::Handle;

use super::world::{Result, within};

/// So long whatever was aborted or let go may need until it has had its turn. No clock of a test goes on meanwhile.
const TURNS: Duration = Duration::from_secs(2);
/// As many tasks more than at the start may be on their way out.
const FEW: usize = 2;

/// A panic of whatever thread.
#[derive(Clone)]
pub(super) struct Panic {
    thread: String,
    /// A test has failed by it.
    is_told: bool,
    pub(super) file: String,
    pub(super) text: String,
}

static PANICS: LazyLock<Mutex<Vec<Panic>>> = LazyLock::new(|| {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        PANICS.lock().unwrap().push(Panic {
            thread: thread(),
            is_told: false,
            file: panic.location().map(|place| place.file().to_owned()).unwrap_or_default(),
            text: panic.to_string(),
        });
        before(panic);
    }));
    Mutex::default()
});

/// From now on panics are kept: what is to be told at the end must be seen from the start.
pub(crate) fn watch() {
    LazyLock::force(&PANICS);
}

fn thread() -> String {
    std::thread::current().name().unwrap_or_default().to_owned()
}

/// All since somebody watches.
pub(super) fn panics() -> Vec<Panic> {
    PANICS.lock().unwrap().clone()
}

impl Panic {
    /// Not of a test, its handlers or what it starts, which mean to or fail by it; nor of another test, which has a thread of
    /// its own; nor of the store's engine, which may on a file that is damaged: the store catches that and goes on with what
    /// is whole, or says an error that a test sees.
    fn is_ours(&self) -> bool {
        let is_anothers = self.thread != thread() && self.thread.contains("::");
        let is_engines = self.file.contains("redb-");
        !self.file.starts_with("tests/") && !is_anothers && !is_engines
    }
}

/// Nothing has panicked so far, in this test or on a thread that is nobody's. What has is told once.
pub(crate) fn check() {
    let mut told = Vec::new();
    for panic in PANICS.lock().unwrap().iter_mut().filter(|panic| !panic.is_told && panic.is_ours()) {
        panic.is_told = true;
        told.push(format!("{}: {}", panic.thread, panic.text));
    }
    assert!(told.is_empty(), "{told:#?}");
}

/// How it is at a test's start.
#[derive(Debug)]
#[must_use = "whoever takes it says at the end that all is quiet"]
pub(crate) struct Quiet {
    tasks: usize,
}

impl Quiet {
    pub(crate) fn now() -> Self {
        watch();
        Self { tasks: alive() }
    }

    /// Nothing has panicked, and no more tasks go on than did then.
    pub(crate) async fn end(self) {
        let start = Instant::now();
        while alive() > self.tasks + FEW && start.elapsed() < TURNS {
            tokio::task::yield_now().await;
        }
        assert!(alive() <= self.tasks + FEW, "{} tasks, {} at the start", alive(), self.tasks);
        check();
    }

    /// As [`end`](Self::end), once the test's last device is closed and all else of it is gone.
    pub(crate) async fn close<D: Deref<Target = DeviceHandle>>(
        self,
        device: D,
        all_else: impl Sized,
    ) -> Result {
        within(60, device.close()).await??;
        drop((device, all_else));
        self.end().await;
        Ok(())
    }
}

fn alive() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[test]
fn a_panic_and_tasks_that_go_on_are_seen() {
    for test in ["a_panic_in_a_process_of_its_own", "tasks_in_a_process_of_its_own"] {
        super::alone::run(&format!("faults::quiet::{test}"), "quiet");
    }
}

#[tokio::test]
#[ignore = "run by the test above"]
#[should_panic(expected = "capacity overflow")]
async fn a_panic_in_a_process_of_its_own() {
    let quiet = Quiet::now();
    // Of the standard library, as an index of ours would be: not at a place in a test. Nobody has looked before it.
    let _ = tokio::spawn(async { "long".repeat(usize::MAX) }).await;
    quiet.end().await;
}

#[tokio::test]
#[ignore = "run by the test above"]
#[should_panic(expected = "3 tasks, 0 at the start")]
async fn tasks_in_a_process_of_its_own() {
    let quiet = Quiet::now();
    for _ in 0..=FEW {
        tokio::spawn(std::future::pending::<()>());
    }
    quiet.end().await;
}
