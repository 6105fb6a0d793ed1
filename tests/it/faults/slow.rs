//! Links that are slow, and who only seems to be. A link of 1 KiB a second takes minutes for what may be said in one
//! message; all acknowledgements stand behind it, and so does the answer to a ping.

use std::time::Duration;

use edge_runtime::Device;
use edge_runtime::testing::FaultProxy;
use tokio::time::Instant;

use super::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, GreenhouseDevice, SN};

const SLOW: u32 = 1024;
/// Nearly as much as a payload may have.
const LARGE: usize = 200 * 1024;
const VENT: &str = "device/GH-1/asset/vent/command";

/// A greenhouse behind a slow network.
async fn greenhouse(world: &World) -> Result<(FaultProxy, GreenhouseDevice)> {
    let proxy = FaultProxy::start(world.broker.address()).await?;
    let platform = world.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    proxy.set_rate(Some(SLOW));
    Ok((proxy, device))
}

fn connects(world: &World) -> usize {
    world.broker.look(|ledger| ledger.connects().count())
}

#[tokio::test(start_paused = true)]
async fn c05_a_large_command_over_a_slow_link_is_no_dead_broker() -> Result {
    let world = World::new().await?;
    let (proxy, device) = greenhouse(&world).await?;
    let start = Instant::now();
    let large = "x".repeat(LARGE);
    world.broker.publish(VENT, format!(r#"{{"id":"large","value":"{large}"}}"#));
    // Its acknowledgements come behind the command.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let receipt = device.set_temperature(21.5).await?;
    let answered = world.broker.wait(|ledger| {
        ledger.publishes().any(|(_, publish)| publish.text().contains(r#"{"id":"large","status":"rejected""#))
    });
    within(600, answered).await?;
    let took = start.elapsed();
    within(60, receipt.delivered()).await??;
    println!("C05: a command of {LARGE} bytes took {took:?}, {} connections", connects(&world));
    assert!(took > Duration::from_secs(150), "{took:?}: it was slow");
    assert_eq!(connects(&world), 1);
    drop(proxy);
    world.end_with(async move { device.close().await.or(Ok(())) }).await
}

#[derive(Device, Clone)]
#[device(model = "urn:test:letters:1")]
struct Letters {
    #[asset(kind = "sensor")]
    letter: String,
    #[asset(kind = "sensor")]
    count: u64,
}

#[tokio::test(start_paused = true)]
async fn c08_large_states_over_a_slow_link_go_on_one_connection() -> Result {
    let world = World::new().await?;
    let proxy = FaultProxy::start(world.broker.address()).await?;
    let platform = world.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
    let first = Letters { letter: String::new(), count: 0 };
    let device = platform.device("LETTERS-1", first).connect().await?;
    proxy.set_rate(Some(SLOW));
    let start = Instant::now();
    let mut receipts = Vec::new();
    for count in 1..=3 {
        receipts.push(device.set_letter(format!("{count}{}", "x".repeat(LARGE))).await?);
        receipts.push(device.set_count(count).await?);
    }
    for receipt in receipts {
        within(900, receipt.delivered()).await??;
    }
    println!(
        "C08: three states of {LARGE} bytes took {:?}, {} connections",
        start.elapsed(),
        connects(&world)
    );
    assert!(start.elapsed() > Duration::from_secs(450), "{:?}: it was slow", start.elapsed());
    assert_eq!(connects(&world), 1);
    drop(proxy);
    world.end_with(async move { device.close().await.or(Ok(())) }).await
}

/// The beginning of a message of nearly 16 MiB, of which there is never an end.
const ENDLESS: &[u8] = &[0x30, 0xff, 0xff, 0xff, 0x07, 0x00, 0x01, b'a'];

/// How long it takes until a broker is given up that sends so many bytes a second of a message without an end.
async fn given_up(bytes_per_second: usize) -> Result<Duration> {
    let world = World::new().await?;
    let device = world.platform()?.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    world.broker.send(ENDLESS);
    let start = Instant::now();
    while connects(&world) == 1 && start.elapsed() < Duration::from_secs(900) {
        world.broker.send(vec![b'x'; bytes_per_second]);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let took = start.elapsed();
    println!("C05: {bytes_per_second} bytes a second, for ever: given up after {took:?}");
    let sent = device.set_temperature(21.5).await?.delivered();
    within(60, sent).await??;
    assert_eq!(connects(&world), 2);
    world.end(device).await?;
    Ok(took)
}

#[tokio::test(start_paused = true)]
async fn c05_a_trickle_is_no_sign_of_life() -> Result {
    // Keep-alive, the wait for the answer, and the wait before the next connection.
    for bytes in [1, 100, 400] {
        let took = given_up(bytes).await?;
        assert!(took <= Duration::from_secs(30 + 10 + 9), "{bytes}: {took:?}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn c05_a_message_without_an_end_is_given_up_however_much_comes() -> Result {
    let took = given_up(2048).await?;
    assert!(took > Duration::from_secs(300) && took <= Duration::from_secs(300 + 49), "{took:?}");
    Ok(())
}
