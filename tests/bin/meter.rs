//! A device to be killed: counts, says what was accepted, and is never closed. Its arguments: the broker, the folder
//! of its store, where to begin, how many messages its outbox takes, and the seed of its waits.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig};

/// Counts.
#[derive(Device, Clone, Debug)]
struct Meter {
    /// What must not be lost
    #[asset(kind = "sensor", retention = "stored")]
    energy: u64,
    /// What may be
    #[asset(kind = "sensor")]
    power: u64,
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "it is how the test hears of it")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [broker, folder, begin, messages, seed] = &arguments[..] else {
        return Err("meter BROKER FOLDER BEGIN MESSAGES SEED".into());
    };
    fastrand::seed(seed.parse()?);
    let platform = MemoryPlatform::new().with_broker(broker)?;
    let outbox = OutboxConfig::new().messages(messages.parse()?).bytes(64 << 20);
    let platform = platform.outbox(outbox.folder(folder));
    let begin: u64 = begin.parse()?;
    let started = std::time::Instant::now();
    let first = Meter { energy: 0, power: 0 };
    let meter = platform.device("METER-1", first).start_offline(true).connect().await?;
    println!("started {}", started.elapsed().as_millis());
    for count in begin.. {
        meter.set_power(count).await?;
        println!("power {count}");
        meter.set_energy(count).await?;
        println!("energy {count}");
    }
    Ok(())
}
