//! A thousand devices, each on a connection of its own.

use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::backoff::LONGEST;
use edge_runtime::testing::{Cut, Ledger};
use edge_tests::bench::busiest_second;
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::chance::moment;
use super::world::{Result, World, within};

const DEVICES: usize = 1_000;

#[derive(Device, Clone)]
#[device(model = "urn:test:one-of-many:1")]
struct OneOfMany {
    #[asset(kind = "sensor")]
    count: u64,
}

#[tokio::test(start_paused = true)]
async fn c03_a_thousand_devices_come_back_one_after_the_other_when_their_broker_restarts() -> Result {
    let world = World::new().await?;
    let platform = world.platform()?;
    let start = |number| platform.device(format!("ONE-{number}"), OneOfMany { count: 0 }).connect();
    let devices = try_join_all((0..DEVICES).map(start)).await?;
    moment().await;
    let restart = Instant::now();
    world.broker.cut(Cut::Forget);
    // Each has something to say meanwhile.
    let mut receipts = Vec::new();
    for device in &devices {
        receipts.push(device.set_count(1).await?);
    }
    for receipt in receipts {
        within(600, receipt.delivered()).await??;
    }
    let took = restart.elapsed();
    // In their order; behind those of the start.
    let times =
        |ledger: &Ledger| ledger.connects().skip(DEVICES).map(|(record, _)| record.at - restart).collect();
    let times: Vec<Duration> = world.broker.look(times);
    let busiest = busiest_second(&times);
    println!("C03: {} connections, {busiest} in the busiest second, all back after {took:?}", times.len());
    assert_eq!(times.len(), DEVICES, "each came back once");
    assert!(busiest * 5 <= DEVICES, "{busiest}");
    assert!(took <= 2 * LONGEST, "{took:?}");
    let close = async move { try_join_all(devices.iter().map(|device| device.close())).await.map(drop) };
    world.end_with(close).await
}
