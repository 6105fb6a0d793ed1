//! A clock on the wall that a test sets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clocks, WallClock};
use crate::lock::lock;
use crate::platform::Platform;

/// The clock on the wall of the devices of a [`Platform`], which moves and is set as a test says. Timers do not hear of it: they
/// run by tokio's clock, as always. Clones are the same one.
///
/// ```
/// # use edge_runtime::{Device, testing::MemoryPlatform};
/// # #[derive(Device, Clone)]
/// # struct Lamp { #[asset(kind = "sensor")] brightness: u8 }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// use edge_runtime::testing::SetClock;
///
/// let clock = SetClock::new("2031-02-03T04:05:06Z".parse()?);
/// let memory = MemoryPlatform::new();
/// let lamp = clock.on(memory.platform()).device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
/// clock.set("1970-01-01T00:00:00Z".parse()?);
/// lamp.set_brightness(40).await?;
/// assert_eq!(lamp.stats().unsynced, 1);
/// # lamp.close().await?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct SetClock(Arc<Mutex<Shown>>);

#[derive(Debug)]
struct Shown {
    wall: Timestamp,
    counted: Duration,
}

impl SetClock {
    /// A clock that shows this and stands still.
    pub fn new(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Shown { wall: at, counted: Duration::ZERO })))
    }

    /// A platform whose devices look at this clock.
    #[must_use]
    pub fn on(&self, platform: Platform) -> Platform {
        platform.with_clock(WallClock::new(Arc::new(self.clone())))
    }

    /// Lets time pass. Beyond the last time that there is, it stands still.
    pub fn advance(&self, time: Duration) {
        let mut shown = lock(&self.0);
        shown.wall = shown.wall.saturating_add(time).unwrap_or(Timestamp::MAX);
        shown.counted = shown.counted.saturating_add(time);
    }

    /// Sets it, as somebody would who believes to know the time: no time passes.
    pub fn set(&self, at: Timestamp) {
        lock(&self.0).wall = at;
    }

    /// Sets it forward or back.
    pub fn jump(&self, by: SignedDuration) {
        let mut shown = lock(&self.0);
        let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        shown.wall = shown.wall.checked_add(by).unwrap_or(end);
    }
}

impl Clocks for SetClock {
    fn wall(&self) -> Timestamp {
        lock(&self.0).wall
    }

    fn counted(&self) -> Duration {
        lock(&self.0).counted
    }
}
