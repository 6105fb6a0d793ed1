//! tokio's paused clock beside real sockets.

use std::time::Duration;

use tokio::task::AbortHandle;

/// The clock moves at most this far while sockets are looked at [`LOOKS`] times.
const STEP: Duration = Duration::from_millis(50);
const LOOKS: usize = 20;

/// Keeps tokio's paused clock in step with sockets, as long as it lives.
///
/// A paused clock jumps to the next timer as soon as no task can run, and a task that waits for a socket
/// cannot: a connection would time out before its first byte is there. With a steady clock the jumps
/// are short, and sockets are looked at many times between two of them; timers still fire at their exact times,
/// and an hour takes seconds. It is meant for peers in the same runtime, such as
/// [`LedgerBroker`](super::LedgerBroker) and [`FaultProxy`](super::FaultProxy): another process does not know
/// that an hour has passed.
///
/// ```
/// # use std::time::Duration;
/// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use edge_runtime::testing::SteadyClock;
/// // In a `#[tokio::test(start_paused = true)]`:
/// let _clock = SteadyClock::start();
/// tokio::time::sleep(Duration::from_secs(60)).await;
/// # });
/// ```
#[derive(Debug)]
#[must_use = "dropped, it ends"]
pub struct SteadyClock(AbortHandle);

impl SteadyClock {
    /// Starts it. With a clock that is not paused it does no harm, and no good.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start() -> Self {
        Self(tokio::spawn(run()).abort_handle())
    }
}

async fn run() {
    loop {
        for _ in 0..LOOKS {
            tokio::task::yield_now().await;
        }
        tokio::time::sleep(STEP).await;
    }
}

impl Drop for SteadyClock {
    fn drop(&mut self) {
        self.0.abort();
    }
}
