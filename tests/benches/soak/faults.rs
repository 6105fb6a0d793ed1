//! One fault after the other, chosen by a seed.

use std::ops::Range;
use std::time::Duration;

use edge_runtime::testing::FaultProxy;
use edge_tests::{Lines, Mosquitto, Reader};

use crate::device::{Look, looks};

/// What goes wrong, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nobody is reached.
    Cut,
    /// Nothing gets through, and nobody is told.
    Blackhole,
    /// All connections are reset.
    Reset,
    /// The broker's side of all connections is closed.
    HalfClose,
    /// A kilobyte in a second.
    Slow,
    /// A second in each direction.
    Late,
    /// The connection breaks off in the middle of a packet.
    Truncated,
    /// The broker hangs.
    Frozen,
    /// The broker is killed, and started again.
    Killed,
}

const FAULTS: [Fault; 9] = [
    Fault::Cut,
    Fault::Blackhole,
    Fault::Reset,
    Fault::HalfClose,
    Fault::Slow,
    Fault::Late,
    Fault::Truncated,
    Fault::Frozen,
    Fault::Killed,
];
/// How long a fault lasts, in seconds.
const LASTS: Range<u64> = 1..25;

/// How long until the device has caught up in a good world, at most: it may need 10 s to see that nobody answers, wait
/// 60 s before it connects, and have 2,500 messages to send to a broker that takes a hundred in a second.
const CATCHES_UP: Duration = Duration::from_secs(180);
/// How long it is left in peace then, in seconds.
const CALM: Range<u64> = 10..11;

/// Where things go wrong.
pub(super) struct Site {
    /// What the device says.
    pub(super) device: Lines,
    pub(super) broker: Mosquitto,
    pub(super) network: FaultProxy,
    pub(super) reader: Reader,
    pub(super) random: fastrand::Rng,
}

impl Site {
    pub(super) fn choose(&mut self) -> Fault {
        FAULTS[self.random.usize(..FAULTS.len())]
    }

    pub(super) async fn rest(&mut self, seconds: Range<u64>) {
        tokio::time::sleep(Duration::from_secs(self.random.u64(seconds))).await;
    }

    /// A good world until the device has caught up, and a while longer. Returns how long it took from its connection
    /// on; `None`: it has not.
    #[allow(clippy::print_stdout, reason = "what happens when")]
    pub(super) async fn calm(&mut self) -> Option<Duration> {
        let before = looks_at(&self.device).last().map_or(0.0, |look| look.minutes);
        let is_after = |look: &Look| look.minutes > before;
        let has_caught_up =
            |line: &str| Look::read(line).filter(is_after).is_some_and(|it| it.has_caught_up());
        let caught_up = tokio::time::timeout(CATCHES_UP, self.device.wait_for(has_caught_up)).await;
        let looks = looks_at(&self.device);
        let connected = looks.iter().rev().take_while(|look| is_after(look) && look.is_online).last();
        let took = caught_up.ok().and_then(|line| Some(Look::read(&line)?.minutes - connected?.minutes));
        let took = took.map(|minutes| Duration::from_secs_f64(minutes.max(0.0) * 60.0));
        self.rest(CALM).await;
        let calm = looks_at(&self.device).into_iter().filter(|look| is_after(look) && look.has_caught_up());
        let least = calm.map(|look| look.used).fold(f64::INFINITY, f64::min);
        println!("calm: caught up after {took:?}; {least} KiB in use");
        took
    }

    pub(super) async fn suffer_some(&mut self, fault: Fault) {
        let time = Duration::from_secs(self.random.u64(LASTS));
        self.suffer(fault, time).await;
    }

    /// A fault, and a good world after it.
    #[allow(clippy::print_stdout, reason = "what happens when")]
    pub(super) async fn suffer(&mut self, fault: Fault, time: Duration) {
        println!("{fault:?} for {time:?}");
        match fault {
            Fault::Cut => self.network.cut(),
            Fault::Blackhole => self.network.set_blackhole(true),
            Fault::Reset => self.network.reset(),
            Fault::HalfClose => self.network.half_close(),
            Fault::Slow => self.network.set_rate(Some(1024)),
            Fault::Late => self.network.set_delay(Duration::from_secs(1)),
            Fault::Truncated => self.network.truncate_after(self.random.u64(1..2_000)),
            Fault::Frozen => self.broker.freeze().await,
            Fault::Killed => return self.kill().await,
        }
        tokio::time::sleep(time).await;
        if fault == Fault::Frozen {
            self.broker.thaw().await;
        }
        self.network.restore();
    }

    /// Whoever judges is there again before the device is.
    async fn kill(&mut self) {
        let subscribed = self.reader.subscriptions();
        self.broker.kill().await;
        self.network.cut();
        self.broker.restart().await;
        self.reader.subscribed(subscribed + 1).await;
        self.network.restore();
    }
}

fn looks_at(device: &Lines) -> Vec<Look> {
    looks(&device.text())
}
