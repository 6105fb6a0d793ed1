//! A broker with several nodes, of which one after the other dies.

use std::time::Duration;

use edge_runtime::backoff::SPREAD;
use edge_runtime::testing::{LedgerBroker, MemoryPlatform, SteadyClock};
use tokio::time::Instant;

use super::world::{Result, SN, Ten, set, within};

#[tokio::test(start_paused = true)]
async fn a_device_whose_node_dies_goes_on_at_the_next() -> Result {
    let _clock = SteadyClock::start();
    let [one, other] = [LedgerBroker::start().await?, LedgerBroker::start().await?];
    let url = format!("mqtt://{},{}", one.address(), other.address());
    let device = MemoryPlatform::new().with_broker(&url)?.device(SN, Ten::default()).connect().await?;
    within(10, set(&device, 0, 1).await?.delivered()).await??;
    assert_eq!(other.look(|ledger| ledger.connects().count()), 0, "the first is the first");

    let died = Instant::now();
    drop(one);
    within(60, set(&device, 0, 2).await?.delivered()).await??;
    println!("the next node has it after {:?}", died.elapsed());
    assert!(died.elapsed() <= SPREAD + Duration::from_secs(1), "{:?}", died.elapsed());
    other.look(|ledger| {
        // The session is not there, so it is told everything.
        assert_eq!((ledger.connects().count(), ledger.subscribes().count()), (1, 1));
        assert!(ledger.publishes().any(|(_, publish)| publish.topic == format!("device/{SN}/presence")));
    });
    within(10, device.close()).await??;
    Ok(())
}
