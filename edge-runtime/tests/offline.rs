//! An hour without a broker: the only test of its program, because it looks at the program's memory.

use std::time::{Duration, Instant};

use edge_runtime::Device;
use edge_runtime::testing::{LedgerBroker, MemoryPlatform, SteadyClock};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

/// A hundred a second for an hour.
const STATES: usize = 360_000;
const INTERVAL: Duration = Duration::from_millis(10);
/// What the outbox holds.
const MESSAGES: usize = 10_000;
const MIB: u64 = 1024 * 1024;

#[derive(Device, Clone)]
struct Meter {
    #[asset(overflow = "drop-oldest")]
    power: f64,
}

/// A meter that has been connected, and whose broker has died.
async fn offline() -> Result<MeterDevice> {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let meter = platform.device("METER-1", Meter { power: 0.0 }).connect().await?;
    drop(broker);
    while meter.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(meter)
}

/// The memory that this program has resident, in bytes. `None` where nobody can tell.
fn resident() -> Option<u64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<u64>().ok()? * 4096)
}

#[tokio::test(start_paused = true)]
#[allow(clippy::print_stdout, reason = "the figures, shown with `--nocapture`")]
async fn r13_an_hour_offline_takes_the_memory_of_the_outbox_and_delays_no_setter() -> Result {
    let meter = offline().await?;
    // All of it is touched before memory is looked at.
    let mut times = vec![Duration::from_nanos(1); STATES];
    let (before, start) = (resident(), tokio::time::Instant::now());
    let (mut full, mut most) = (before, before);
    for (number, time) in times.iter_mut().enumerate() {
        let since = Instant::now();
        meter.set_power(number as f64 / 10.0).await?;
        *time = since.elapsed();
        tokio::time::advance(INTERVAL).await;
        if number % 1000 == 0 {
            most = most.max(resident());
        }
        if number == 2 * MESSAGES {
            full = most.max(resident());
        }
    }
    most = most.max(resident());
    assert!(start.elapsed() >= Duration::from_secs(3600));
    let stats = meter.stats();
    assert!(stats.disconnects > 30, "it tries to reconnect meanwhile: {stats:?}");
    assert!(stats.pending <= MESSAGES, "{stats:?}");
    assert!(stats.dropped as usize + MESSAGES >= STATES, "what there is no room for is counted: {stats:?}");
    times.sort_unstable();
    let p99 = times[STATES / 100 * 99];
    let grown = |from: Option<u64>| Some(most? - from?);
    println!("R13: p99 {p99:?}, {:?} bytes more, {:?} of them when full", grown(before), grown(full));
    assert!(p99 <= Duration::from_millis(1), "{p99:?}");
    assert!(grown(before).is_none_or(|bytes| bytes <= (16 + 16) * MIB), "{:?}", grown(before));
    assert!(grown(full).is_none_or(|bytes| bytes <= MIB), "flat when it is full: {:?}", grown(full));
    Ok(())
}
