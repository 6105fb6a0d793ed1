//! An hour without a broker at a hundred states a second, on a clock that runs faster: how much memory the device
//! takes, whether that ends when its outbox is full, and how long its setters take. What there is no room for is dropped, the
//! oldest first.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use edge_runtime::Device;
use edge_runtime::testing::{LedgerBroker, MemoryPlatform, SteadyClock};
use edge_tests::TestResult;
use edge_tests::bench::{Figures, percentile, resident};

/// A hundred a second for an hour.
const STATES: usize = 360_000;
const INTERVAL: Duration = Duration::from_millis(10);

/// As many messages as the outbox holds, and as many bytes.
const CAPACITY: usize = 10_000;
const CAPACITY_MIB: f64 = 16.0;

/// How much memory may be taken beside what the outbox may hold, and how much more when it is full, in MiB.
const MEMORY: f64 = 16.0;
const FLAT: f64 = 1.0;

#[derive(Device, Clone)]
#[device(model = "urn:bench:offline:1")]
struct Meter {
    #[asset(overflow = "drop-oldest")]
    power: f64,
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let mut figures = Figures::default();
    match runtime.expect("a runtime").block_on(run(&mut figures)) {
        Ok(()) => figures.exit(),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(figures: &mut Figures) -> TestResult {
    let device = offline().await?;
    // All of it is touched before the memory is measured.
    let mut times = vec![Duration::from_nanos(1); STATES];
    let (before, start) = (resident(), tokio::time::Instant::now());
    let (mut full, mut most) = (before, before);
    for (number, time) in times.iter_mut().enumerate() {
        let since = Instant::now();
        device.set_power(number as f64 / 10.0).await?;
        *time = since.elapsed();
        // The device tries to reconnect meanwhile.
        tokio::time::advance(INTERVAL).await;
        if number == 2 * CAPACITY {
            full = resident();
        }
        if number % 1000 == 0 {
            most = most.max(resident());
        }
    }
    let end = resident();
    let stats = device.stats();
    if stats.pending > CAPACITY || stats.dropped as usize + CAPACITY < STATES {
        return Err(format!("{} wait, {} were dropped", stats.pending, stats.dropped).into());
    }
    let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    figures.tell("time without a broker", start.elapsed().as_secs_f64(), "s");
    figures.tell("states that were dropped", stats.dropped as f64, "");
    figures.at_most("memory: growth, at most", mib(most.max(end) - before), MEMORY + CAPACITY_MIB, "MiB");
    figures.at_most("memory: growth after the outbox was full", mib(end.saturating_sub(full)), FLAT, "MiB");
    figures.tell("setter, p50", percentile(&mut times, 0.5).as_secs_f64() * 1e6, "us");
    figures.at_most("setter, p99", percentile(&mut times, 0.99).as_secs_f64() * 1e3, 1.0, "ms");
    figures.tell("setter, longest", percentile(&mut times, 1.0).as_secs_f64() * 1e3, "ms");
    Ok(())
}

/// A device that has been connected, and whose broker has died.
async fn offline() -> Result<MeterDevice, Box<dyn std::error::Error>> {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let device = platform.device("METER-1", Meter { power: 0.0 }).connect().await?;
    drop(broker);
    while device.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(device)
}
