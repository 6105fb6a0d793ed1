//! One fault after the other, chosen by a seed.

use std::ops::Range;
use std::time::Duration;

use edge_runtime::testing::FaultProxy;
use edge_tests::{Mosquitto, Reader};

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

/// Where things go wrong.
pub(super) struct Site {
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
