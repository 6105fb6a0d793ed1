//! Reconnecting: a thousand devices, each with a connection of its own, lose their broker, which is back at once and
//! knows none of them. How many come back in the busiest second, wherever it begins, and when the last one does.

use std::process::ExitCode;
use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::backoff::LONGEST;
use edge_runtime::testing::{Cut, Ledger, LedgerBroker, MemoryPlatform};
use edge_tests::TestResult;
use edge_tests::bench::{self, Figures, busiest_second, median};
use tokio::time::Instant;

const REPETITIONS: usize = 3;
const FLEET: usize = 1000;

/// How much of the fleet may come in one second, in percent.
const BUSIEST: f64 = 20.0;

const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Device, Clone)]
#[device(model = "urn:bench:fleet:1")]
struct Meter {
    #[asset]
    total: f64,
}

fn main() -> ExitCode {
    bench::main(run)
}

async fn run(figures: &mut Figures) -> TestResult {
    let (mut busiest, mut last) = (Vec::new(), Vec::new());
    for _ in 0..REPETITIONS {
        let returns = restart().await?;
        busiest.push(busiest_second(&returns) as f64 / FLEET as f64 * 100.0);
        last.push(returns.last().ok_or("nobody came back")?.as_secs_f64());
    }
    figures.tell("busiest second, median of the restarts", median(busiest.clone()), "%");
    figures.at_most("busiest second, worst of the restarts", worst(&busiest), BUSIEST, "%");
    figures.at_most("all are back after", worst(&last), 2.0 * LONGEST.as_secs_f64(), "s");
    Ok(())
}

fn worst(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(0.0, f64::max)
}

/// When each of the fleet came back after the broker was lost, the first one first.
async fn restart() -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let broker = LedgerBroker::start().await?;
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let mut devices = Vec::new();
    for number in 0..FLEET {
        devices.push(platform.device(format!("METER-{number}"), Meter { total: 0.0 }).connect().await?);
    }
    broker.forget_sessions();
    let lost = Instant::now();
    broker.cut(Cut::Forget);
    tokio::time::timeout(PATIENCE, broker.wait(|ledger| ledger.connects().count() >= 2 * FLEET)).await?;
    let at = |ledger: &Ledger| ledger.connects().map(|(record, _)| record.at - lost).skip(FLEET).collect();
    let returns: Vec<Duration> = broker.look(at);
    let closing = devices.iter().map(|device| device.close());
    for closed in futures_util::future::join_all(closing).await {
        closed?;
    }
    Ok(returns)
}
