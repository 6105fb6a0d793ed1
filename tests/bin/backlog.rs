//! A device with a backlog, which may have all processors. Its arguments: the broker, which is not there yet, and how many
//! states wait for it. Says when they wait, and, when all are delivered, how long that took from the connection on,
//! and how much processor time, in microseconds.

use std::time::{Duration, Instant};

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig};
use edge_tests::bench::cpu;

/// Counts.
#[derive(Device, Clone, Debug)]
struct Counter {
    #[asset(kind = "sensor")]
    count: u64,
}

#[tokio::main]
#[allow(clippy::print_stdout, reason = "it is how the test hears of it")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [broker, backlog] = &arguments[..] else { return Err("backlog BROKER STATES".into()) };
    let backlog: usize = backlog.parse()?;
    let outbox = OutboxConfig::new().messages(backlog + 100).bytes(256 << 20);
    let platform = MemoryPlatform::new().with_broker(broker)?.outbox(outbox);
    let counter = platform.device("COUNTER-1", Counter { count: 0 }).start_offline(true).connect().await?;
    for count in 1..=backlog as u64 {
        counter.set_count(count).await?;
    }
    println!("waits");
    while !counter.is_online() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (start, before) = (Instant::now(), cpu());
    while counter.stats().pending > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    println!("delivered {} {}", start.elapsed().as_micros(), (cpu() - before).as_micros());
    counter.close().await?;
    Ok(())
}
