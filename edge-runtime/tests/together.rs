//! Updates and setters of one device from several threads: an update works on a copy, and nobody changes anything meanwhile.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Device, OutboxConfig};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// So often each of the two changes something.
const TIMES: u32 = 2_000;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    updated: u32,
    #[asset]
    written: u32,
}

async fn meter() -> Result<MeterDevice> {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform().outbox(OutboxConfig::new().messages(1 << 20));
    Ok(platform.device("METER-1", Meter { updated: 0, written: 0 }).start_offline(true).connect().await?)
}

/// A value that is set while the closure of an update is at work would be replaced by what its copy has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_set_beside_updates_stays() -> Result {
    let meter = meter().await?;
    let updating = meter.clone();
    let updates = tokio::spawn(async move {
        for _ in 0..TIMES {
            updating.update(|it| it.updated += 1).await?;
        }
        Result::Ok(())
    });
    for number in 1..=TIMES {
        meter.set_written(number).await?;
        assert_eq!(meter.written(), number);
    }
    updates.await??;
    assert_eq!((meter.updated(), meter.written()), (TIMES, TIMES));
    Ok(())
}

/// After a closure that has panicked everybody goes on.
#[tokio::test]
async fn who_panics_in_an_update_leaves_the_device_to_others() -> Result {
    let meter = meter().await?;
    let panicking = meter.clone();
    let update = tokio::spawn(async move { panicking.update(|_| panic!("in the closure")).await });
    assert!(update.await.is_err_and(|error| error.is_panic()));
    meter.set_written(1).await?;
    meter.update(|it| it.updated = it.written + 1).await?;
    assert_eq!((meter.updated(), meter.written()), (2, 1));
    Ok(())
}
