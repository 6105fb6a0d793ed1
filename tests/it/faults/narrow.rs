//! What stands behind something else on a link of 2 KiB a second. Sockets take hundreds of kilobytes at once, so what was
//! said long ago may be far from there; and whatever answers it may be standing behind what comes.

use std::time::Duration;

use edge_runtime::testing::FaultProxy;
use edge_runtime::{Device, Host, Platform};
use tokio::time::Instant;

use super::world::{Result, World, within};

const SLOW: u32 = 2048;
/// Nearly as much as a payload may have: 100 s.
const LARGE: usize = 200 * 1024;
const KEEP_ALIVE: Duration = Duration::from_secs(30);

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:narrow:1")]
struct Narrow {
    #[asset(kind = "sensor")]
    count: u64,
    #[asset(kind = "sensor", qos = 0)]
    passing: String,
    #[asset(kind = "sensor")]
    letter: String,
}

async fn behind(world: &World) -> Result<(FaultProxy, Platform)> {
    let proxy = FaultProxy::start(world.broker.address()).await?;
    let platform = world.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
    Ok((proxy, platform))
}

async fn narrow(world: &World) -> Result<(FaultProxy, NarrowDevice)> {
    let (proxy, platform) = behind(world).await?;
    Ok((proxy, platform.device("N-1", Narrow::default()).connect().await?))
}

fn connects(world: &World) -> usize {
    world.broker.look(|ledger| ledger.connects().count())
}

fn large() -> String {
    "x".repeat(LARGE)
}

/// Nobody waits for a goodbye that takes as long as all else.
async fn end(world: World, proxy: FaultProxy, device: NarrowDevice) -> Result {
    drop(proxy);
    world.end_with(async move { device.close().await.or(Ok(())) }).await
}

#[tokio::test(start_paused = true)]
async fn c08_a_subscription_behind_a_large_state_is_waited_for() -> Result {
    let world = World::new().await?;
    let (proxy, platform) = behind(&world).await?;
    let host = Host::new(&platform, "GATEWAY-1")?;
    let first = host.device("N-1", Narrow::default()).connect().await?;
    proxy.set_rate(Some(SLOW));
    let start = Instant::now();
    let receipt = first.set_letter(large()).await?;
    // It is on its way when the second comes.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let second = host.device("N-2", Narrow::default()).startup_timeout(Duration::from_secs(600));
    let second = within(600, second.connect()).await??;
    println!("C08: subscribed after {:?}, {} connections", start.elapsed(), connects(&world));
    assert!(start.elapsed() > Duration::from_secs(90), "{:?}: it stood behind", start.elapsed());
    within(10, receipt.delivered()).await??;
    within(30, second.set_count(1).await?.delivered()).await??;
    assert_eq!(connects(&world), 1);
    drop(proxy);
    world.end_with(async move { host.close().await.or(Ok(())) }).await
}

#[tokio::test(start_paused = true)]
async fn c08_what_stands_behind_a_large_state_at_qos_0_is_waited_for() -> Result {
    let world = World::new().await?;
    let (proxy, device) = narrow(&world).await?;
    proxy.set_rate(Some(SLOW));
    let start = Instant::now();
    device.set_passing(large()).await?;
    let receipt = device.set_count(1).await?;
    within(600, receipt.delivered()).await??;
    println!("C08: delivered after {:?}, {} connections", start.elapsed(), connects(&world));
    assert!(start.elapsed() > Duration::from_secs(90), "{:?}: it stood behind", start.elapsed());
    assert_eq!(connects(&world), 1);
    end(world, proxy, device).await
}

#[tokio::test(start_paused = true)]
async fn c08_nothing_but_large_states_at_qos_0_is_no_dead_broker() -> Result {
    let world = World::new().await?;
    let (proxy, device) = narrow(&world).await?;
    proxy.set_rate(Some(SLOW));
    for _ in 0..3 {
        device.set_passing(large()).await?;
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    let all = |ledger: &edge_runtime::testing::Ledger| {
        ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("passing/state")).count() == 3
    };
    within(600, world.broker.wait(all)).await?;
    assert_eq!(connects(&world), 1);
    end(world, proxy, device).await
}

/// Messages that nobody knows, which are acknowledged and nothing else.
fn send_many(world: &World, messages: usize) {
    for number in 0..messages {
        let text = format!(r#"{{"id":"{number}","value":"{}"}}"#, "x".repeat(60));
        world.broker.publish("device/N-1/asset/nothing/command", text);
    }
}

#[tokio::test(start_paused = true)]
async fn c08_an_acknowledgement_behind_many_small_messages_is_waited_for() -> Result {
    let world = World::new().await?;
    let (proxy, device) = narrow(&world).await?;
    proxy.set_rate(Some(SLOW));
    send_many(&world, 1_500);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let start = Instant::now();
    within(600, device.set_count(1).await?.delivered()).await??;
    println!("C08: acknowledged after {:?}, {} connections", start.elapsed(), connects(&world));
    assert!(start.elapsed() > Duration::from_secs(60), "{:?}: it stood behind", start.elapsed());
    assert_eq!(connects(&world), 1);
    end(world, proxy, device).await
}

#[tokio::test(start_paused = true)]
async fn r15_what_comes_does_not_excuse_a_broker_that_acknowledges_nothing() -> Result {
    let world = World::new().await?;
    let device = world.platform()?.device("N-1", Narrow::default()).connect().await?;
    world.broker.withhold_pubacks(true);
    let receipt = device.set_count(1).await?;
    let start = Instant::now();
    while connects(&world) == 1 && start.elapsed() < Duration::from_secs(400) {
        send_many(&world, 10);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let took = start.elapsed();
    println!("R15: given up, and connected again after {took:?}");
    world.broker.withhold_pubacks(false);
    within(60, receipt.delivered()).await??;
    world.end(device).await?;
    assert!(took <= Duration::from_secs(20), "{took:?}");
    Ok(())
}

/// How long it takes to notice that nothing gets through, with so many bytes at QoS 0 every second.
async fn noticed(bytes: usize) -> Result<Duration> {
    let world = World::new().await?;
    let (proxy, device) = narrow(&world).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    proxy.set_blackhole(true);
    let start = Instant::now();
    while device.is_online() && start.elapsed() < Duration::from_secs(900) {
        for part in 0..bytes.div_ceil(1000) {
            device.set_passing("x".repeat((bytes - 1000 * part).min(1000))).await?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let took = start.elapsed();
    println!("C05: {bytes} bytes a second at QoS 0, noticed after {took:?}");
    end(world, proxy, device).await?;
    Ok(took)
}

#[tokio::test(start_paused = true)]
async fn c05_states_at_qos_0_do_not_hide_that_nothing_gets_through() -> Result {
    for bytes in [10, 1_000, 20_000] {
        let took = noticed(bytes).await?;
        assert!(took <= 2 * KEEP_ALIVE + Duration::from_secs(1), "{bytes}: {took:?}");
    }
    Ok(())
}
