//! Closing: it goes on, whoever waits for it, and waits for nothing that cannot come.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use edge_runtime::model::OverwritePolicy;
use edge_runtime::testing::{Event, FaultProxy, LedgerBroker, MemoryPlatform, SteadyClock};
use edge_runtime::{CloseError, ConnectError, DeliveryError, Device, Host};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

#[derive(Device, Clone)]
struct Meter {
    #[asset]
    energy: u32,
    #[asset(expiry = "1s")]
    power: u32,
}

async fn host(broker: &LedgerBroker) -> Result<(Host, MeterDevice)> {
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", broker.address()))?;
    let host = Host::new(&platform, "HOST-1")?;
    let meter = host.device("METER-1", Meter { energy: 0, power: 0 }).connect().await?;
    meter.set_energy(1).await?.delivered().await?;
    Ok((host, meter))
}

/// Cancelled while it said goodbye, nobody waited for the connection any more, nor ended it; and whoever called again was
/// told that all was well.
#[tokio::test(start_paused = true)]
async fn closing_a_host_goes_on_when_it_is_cancelled() -> Result {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let (host, meter) = host(&broker).await?;
    broker.withhold_pubacks(true);
    meter.set_energy(2).await?;
    // The devices wait for 5 s, then the connection does.
    for seconds in [1, 6] {
        let cancelled = tokio::time::timeout(Duration::from_secs(seconds), host.close()).await;
        assert!(cancelled.is_err(), "{cancelled:?}");
    }
    let closed = tokio::time::timeout(Duration::from_secs(60), host.close()).await?;
    assert!(matches!(closed, Err(CloseError::Undelivered { .. })), "{closed:?}");
    assert_eq!(host.close().await, closed);
    assert!(host.is_empty());
    Ok(())
}

/// It would have been cut off: nobody closes who comes when all have been asked to.
#[tokio::test(start_paused = true)]
async fn nobody_joins_a_host_that_closes() -> Result {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let (host, meter) = host(&broker).await?;
    broker.withhold_pubacks(true);
    meter.set_energy(2).await?;
    let mut close = pin!(host.close());
    // It has asked its devices, and waits for what they have to deliver.
    assert!(tokio::time::timeout(Duration::from_secs(1), close.as_mut()).await.is_err());
    let late = host.device("METER-2", Meter { energy: 0, power: 0 }).connect().await;
    assert!(matches!(late, Err(ConnectError::Closed { .. })), "{late:?}");
    assert!(close.await.is_err());
    Ok(())
}

/// Nobody has to call again.
#[tokio::test(start_paused = true)]
async fn closing_a_host_is_begun_by_one_look_and_goes_on_to_the_goodbye() -> Result {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let (host, meter) = host(&broker).await?;
    meter.set_energy(2).await?;
    let close = pin!(host.close());
    assert!(close.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let goodbye =
        broker.wait(|ledger| ledger.records().iter().any(|record| matches!(record.event, Event::Disconnect)));
    tokio::time::timeout(Duration::from_secs(60), goodbye).await?;
    assert!(host.is_empty());
    host.close().await?;
    Ok(())
}

/// The last state expired, and 5 s were waited for the goodbye of a device without a connection.
#[tokio::test(start_paused = true)]
async fn closing_waits_for_nothing_that_has_expired() -> Result {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let network = FaultProxy::start(broker.address()).await?;
    let platform = MemoryPlatform::new().with_broker(&format!("mqtt://{}", network.address()))?;
    let meter = platform.device("METER-1", Meter { energy: 0, power: 0 }).connect().await?;
    meter.set_energy(1).await?.delivered().await?;
    network.cut();
    while meter.is_online() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let start = tokio::time::Instant::now();
    let power = meter.set_power(1).await?;
    let closed = meter.close().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!((closed, power.delivered().await), (Ok(()), Err(DeliveryError::Expired)));
    Ok(())
}

const FIRST: Meter = Meter { energy: 0, power: 0 };

/// What is said of a child of which two states were not acknowledged.
const LOST: std::result::Result<(), CloseError> = Err(CloseError::Undelivered { count: 2 });

/// A meter whose broker acknowledges nothing of what a child of its says from now on, and the child.
async fn parent(memory: &MemoryPlatform) -> Result<(MeterDevice, MeterDevice)> {
    let parent = memory.platform().device("METER-1", FIRST).connect().await?;
    let child = parent.add_child("METER-2", FIRST).connect().await?;
    child.set_energy(1).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    child.set_energy(2).await?;
    child.set_energy(3).await?;
    Ok((parent, child))
}

/// Its parent took it for told.
#[tokio::test(start_paused = true)]
async fn what_a_child_lost_whose_closing_nobody_waited_for_is_told_by_its_parent() -> Result {
    for comes_another in [false, true] {
        let memory = MemoryPlatform::new();
        let (parent, child) = parent(&memory).await?;
        let cancelled = tokio::time::timeout(Duration::from_secs(1), child.close()).await;
        assert!(cancelled.is_err(), "{cancelled:?}");
        // Longer than it waits for its messages.
        tokio::time::sleep(Duration::from_secs(20)).await;
        memory.withhold_acknowledgements(false);
        if comes_another {
            parent.add_child("METER-3", FIRST).connect().await?;
        }
        assert_eq!((parent.close().await, parent.close().await), (LOST, LOST), "{comes_another}");
    }
    Ok(())
}

/// Nobody can ask it.
#[tokio::test(start_paused = true)]
async fn what_a_child_lost_that_the_registry_refused_is_told_by_its_parent() -> Result {
    let memory = MemoryPlatform::new();
    let platform = memory.platform();
    platform.device("METER-2", FIRST).connect().await?.close().await?;
    let parent = platform.device("METER-1", FIRST).connect().await?;
    memory.set_registry_away(true);
    let strict = parent.add_child("METER-2", FIRST).overwrite_assets(OverwritePolicy::Never);
    let child = strict.start_offline(true).connect().await?;
    child.set_energy(1).await?;
    let mut errors = child.errors();
    memory.set_registry_away(false);
    // The last that it says; then it ends.
    while errors.recv().await.is_some() {}
    drop((errors, child));
    let closed = parent.close().await;
    assert_eq!(closed, Err(CloseError::Undelivered { count: 1 }));
    Ok(())
}

/// It was told twice, and of a child's child three times.
#[tokio::test(start_paused = true)]
async fn what_a_child_lost_is_told_once() -> Result {
    let memory = MemoryPlatform::new();
    let (parent, child) = parent(&memory).await?;
    parent.set_energy(1).await?;
    let closed = tokio::join!(parent.close(), child.close());
    assert_eq!(closed, (Err(CloseError::Undelivered { count: 1 }), LOST));

    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "HOST-1")?;
    let meter = host.device("METER-1", FIRST).connect().await?;
    let child = meter.add_child("METER-2", FIRST).connect().await?;
    let grandchild = child.add_child("METER-3", FIRST).connect().await?;
    grandchild.set_energy(1).await?.delivered().await?;
    memory.withhold_acknowledgements(true);
    grandchild.set_energy(2).await?;
    child.set_energy(1).await?;
    meter.set_energy(1).await?;
    assert_eq!(host.close().await, Err(CloseError::Undelivered { count: 3 }));
    Ok(())
}
