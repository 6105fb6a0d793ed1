//! What is stored: kills, damaged files, full and failing disks.

mod damage;
mod disk;
mod kills;
mod lives;
mod refused;
mod transactions;

use std::path::PathBuf;

use edge_proto::payload;
use edge_runtime::testing::{DiskFaults, MemoryPlatform};
use edge_runtime::{ConnectError, Device, OutboxConfig};
use tokio::runtime::Runtime;

use super::quiet;
use super::world::Result;

const SN: &str = "METER-1";

/// What must not be lost, what may be, and what follows from both.
#[derive(Device, Clone, Debug)]
struct Meter {
    #[asset(kind = "sensor", retention = "stored")]
    energy: u64,
    #[asset(kind = "sensor")]
    power: u64,
    #[asset(kind = "virtual", compute = product(energy, power))]
    product: u64,
}

fn product(energy: u64, power: u64) -> u64 {
    energy * power
}

const FIRST: Meter = Meter { energy: 0, power: 2, product: 0 };

type Connected = std::result::Result<MeterDevice, ConnectError>;

/// A folder for a store, and a platform that outlives the programs of a test.
struct Place {
    memory: MemoryPlatform,
    folder: tempfile::TempDir,
    faults: DiskFaults,
}

impl Place {
    fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        Ok(Self { memory: MemoryPlatform::new(), folder, faults: DiskFaults::default() })
    }

    fn config(&self) -> OutboxConfig {
        OutboxConfig::new().folder(self.folder.path().join("store")).disk_faults(&self.faults)
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("store").join(format!("{SN}.outbox"))
    }

    async fn meter(&self) -> Connected {
        self.memory.platform().outbox(self.config()).device(SN, FIRST).connect().await
    }

    /// A meter whose platform is away.
    async fn alone(&self) -> Connected {
        self.memory.set_registry_away(true);
        let platform = self.memory.platform().outbox(self.config());
        platform.device(SN, FIRST).start_offline(true).connect().await
    }

    /// The energies that the platform was told, in their order, and whether they came late.
    fn energies(&self) -> Vec<(u64, bool)> {
        let messages = self.memory.messages().into_iter();
        let states = messages.filter(|message| message.topic.ends_with("/asset/energy/state"));
        let state = |payload: &[u8]| {
            let state = payload::read_state(payload).unwrap();
            (state.value.unwrap().get().parse().unwrap(), state.historical)
        };
        states.map(|message| state(&message.payload)).collect()
    }

    async fn energy(&self, value: u64) {
        let text = format!("\"value\":{value},");
        self.memory
            .message(|message| message.topic.ends_with("energy/state") && message.text().contains(&text))
            .await;
    }
}

/// A program that dies at the end: nothing is closed, nothing is said. Nothing has panicked in it.
fn life<T>(program: impl Future<Output = Result<T>>) -> Result<T> {
    quiet::watch();
    let runtime = Runtime::new()?;
    let result = runtime.block_on(program);
    // Its tasks are gone when this returns: what the broker says to it from now on, nobody hears.
    runtime.shutdown_timeout(std::time::Duration::from_secs(60));
    quiet::check();
    result
}
