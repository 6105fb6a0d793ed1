//! Every fault that the broker and the network can be told, in the middle of a stream: nothing is lost.

use std::time::Duration;

use edge_runtime::testing::{Cut, FaultProxy, LedgerBroker};
use tokio::time::Instant;

use super::world::{Figures, Result, World, set, within};

/// The header of a packet of 256 MiB, more than anybody may read.
const ENDLESS: &[u8] = &[0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, b'a'];

/// A fault in the middle of a stream, and a good world a minute later.
async fn check(name: &str, fault: impl FnOnce(&LedgerBroker, &FaultProxy)) -> Result<Figures> {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    world.stream(&device, 0..500).await?;
    let (setter, broker) = (device.clone(), world.broker.clone());
    let published = broker.look(|ledger| ledger.published());
    let stream = tokio::spawn(async move {
        for step in 500..3_000 {
            set(&setter, step % 10, step as u64 / 10 + 1).await.unwrap();
            if step % 100 == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
    within(60, world.broker.wait(|ledger| ledger.published() >= published + 300)).await?;
    fault(&world.broker, &proxy);
    tokio::time::sleep(Duration::from_secs(60)).await;
    proxy.restore();
    world.broker.read_slowly(None);
    within(600, stream).await??;
    world.stream(&device, 3_000..3_010).await?;
    let figures = world.judge(3_010);
    println!("{name}: {figures:?}");
    assert_eq!((figures.lost, figures.inversions, figures.stale), (0, 0, 0), "{name}: {figures:?}");
    drop(proxy);
    // Its way to the broker is gone, and it has nothing to say but goodbye.
    world.end(device).await?;
    Ok(figures)
}

#[tokio::test(start_paused = true)]
async fn a_broker_that_misbehaves_in_the_middle_of_a_stream_loses_nothing() -> Result {
    check("close", |broker, _| broker.cut(Cut::Close)).await?;
    check("reset", |broker, _| broker.cut(Cut::Reset)).await?;
    check("forget", |broker, _| broker.cut(Cut::Forget)).await?;
    check("half-close", |broker, _| broker.half_close()).await?;
    check("garbage", |broker, _| broker.send(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..])).await?;
    check("endless packet", |broker, _| broker.send(ENDLESS)).await?;
    check("a second CONNACK", |broker, _| broker.send(&[0x20, 2, 0, 0][..])).await?;
    check("slow", |broker, _| broker.read_slowly(Some(1024))).await?;
    check("stopped", |broker, _| broker.stall(true)).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_network_that_misbehaves_in_the_middle_of_a_stream_loses_nothing() -> Result {
    assert_eq!(check("delay", |_, proxy| proxy.set_delay(Duration::from_millis(500))).await?.connects, 1);
    check("rate", |_, proxy| proxy.set_rate(Some(10_000))).await?;
    check("truncated", |_, proxy| proxy.truncate_after(1_000)).await?;
    check("reset", |_, proxy| proxy.reset()).await?;
    check("half-close", |_, proxy| proxy.half_close()).await?;
    check("cut", |_, proxy| proxy.cut()).await?;
    check("blackhole", |_, proxy| proxy.set_blackhole(true)).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_one_in_each_direction() -> Result {
    let world = World::new().await?;
    let (proxy, device) = world.behind().await?;
    proxy.set_delay(Duration::from_millis(300));
    let start = Instant::now();
    within(60, set(&device, 0, 1).await?.delivered()).await??;
    assert!((600..=700).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    world.end(device).await
}
