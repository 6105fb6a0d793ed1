//! Handlers that panic, hang, cannot be ended, or set their own device.

use std::sync::Mutex;
use std::time::Duration;

use edge_runtime::testing::Ledger;
use edge_runtime::{Change, Device, HandlerResult, Host};
use serde_json::json;
use tokio::time::Instant;

use super::{VENT, Valves, ValvesDevice, ValvesHandler, command, outcome, outcomes};
use crate::faults::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

#[tokio::test(start_paused = true)]
async fn h05_a_handler_that_panics_a_thousand_times_harms_nobody() -> Result {
    const TIMES: usize = 1_000;
    let world = World::new().await?;
    let host = Host::new(&world.platform()?, "GATEWAY-1")?;
    let device = host.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let other = host.device("GH-2", Greenhouse::new()).handler(Driver).connect().await?;
    for number in 0..TIMES {
        world.broker.publish(VENT, command(&format!("p{number}"), 66));
        if number % 10 == 0 {
            let id = format!("o{number}");
            world.broker.publish("device/GH-2/asset/vent/command", command(&id, number as u8 % 50));
        }
        if number % 100 == 99 {
            outcome(&world, &format!("p{number}")).await?;
        }
    }
    world.broker.publish(VENT, command("after", 40));
    assert_eq!(outcome(&world, "after").await?["status"], "applied");
    let all = world.broker.look(outcomes);
    for number in 0..TIMES {
        let outcome = &all[&format!("p{number}")];
        assert_eq!(
            (&outcome["status"], &outcome["reason"]),
            (&json!("failed"), &json!("`vent`: the handler panicked"))
        );
    }
    assert_eq!((device.stats().failed, device.stats().applied), (1_000, 1));
    assert_eq!((other.stats().failed, other.stats().applied), (0, 100));
    assert_eq!((device.vent(), world.broker.look(|ledger| ledger.connects().count())), (40, 1));
    world.end_with(async move { host.close().await }).await
}

#[tokio::test(start_paused = true)]
async fn h06_a_handler_that_never_returns_is_answered_for_and_delays_no_other_device() -> Result {
    let world = World::new().await?;
    let host = Host::new(&world.platform()?, "GATEWAY-1")?;
    let hanging = host.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let other = host.device("GH-2", Greenhouse::new()).handler(Driver).connect().await?;
    let start = Instant::now();
    world.broker.publish(VENT, command("hangs", 77));
    world.broker.publish("device/GH-1/asset/period/command", command("waits", 7));
    // Meanwhile all else goes on: the other device's commands, and what both measure.
    let mut slowest = Duration::ZERO;
    for number in 0..20 {
        let (begin, id) = (Instant::now(), format!("o{number}"));
        world.broker.publish("device/GH-2/asset/vent/command", command(&id, number + 20));
        assert_eq!(outcome(&world, &id).await?["status"], "applied");
        within(5, hanging.set_temperature(f64::from(number)).await?.delivered()).await??;
        within(5, other.set_temperature(f64::from(number)).await?.delivered()).await??;
        slowest = slowest.max(begin.elapsed());
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
    let answer = outcome(&world, "hangs").await?;
    let took = start.elapsed();
    println!("H06: answered after {took:?}; the others took {slowest:?} at most");
    assert_eq!(
        (&answer["status"], &answer["reason"]),
        (&json!("timeout"), &json!("`vent`: the handler did not finish within 30s"))
    );
    assert!((30..=32).contains(&took.as_secs()), "{took:?}");
    assert_eq!(outcome(&world, "waits").await?["status"], "applied");
    assert_eq!((hanging.stats().timed_out, hanging.vent(), hanging.period()), (1, 0, 7));
    world.end_with(async move { host.close().await }).await
}

/// Sets its own asset and another one, again and again.
struct Busy {
    times: u32,
}

impl ValvesHandler for Busy {
    async fn on_left(&mut self, device: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        for number in 1..=self.times {
            device.set_left(number).await?;
            device.set_right(number).await?;
            if number.is_multiple_of(1_000) {
                device.update(|valves| valves.left = valves.right).await?;
                assert_eq!((device.left(), device.snapshot().right), (number, number));
            }
        }
        Ok(change.value)
    }

    async fn on_right(&mut self, _: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(change.value)
    }
}

#[tokio::test(start_paused = true)]
async fn h08_a_handler_may_set_its_own_device_as_often_as_it_likes() -> Result {
    sets_itself(20_000).await
}

#[tokio::test(start_paused = true)]
#[ignore = "long: 200,000 states take 20 s in a debug build"]
async fn h08_a_handler_may_set_its_own_device_a_hundred_thousand_times() -> Result {
    sets_itself(100_000).await
}

async fn sets_itself(times: u32) -> Result {
    let world = World::new().await?;
    let platform = world.platform()?;
    let device = platform.device("VALVES-1", Valves::default()).handler(Busy { times }).connect().await?;
    let start = std::time::Instant::now();
    world.broker.publish("device/VALVES-1/asset/left/command", command("busy", 7));
    // From outside as well, at the same time.
    for number in 0..1_000 {
        device.set_right(number).await?;
    }
    let answered = |ledger: &Ledger| ledger.publishes().any(|(_, it)| it.topic.ends_with("/outcome"));
    within(3600, world.broker.wait(answered)).await?;
    assert_eq!(outcome(&world, "busy").await?["status"], "applied");
    println!("H08: {times} iterations in {:?}, {:?}", start.elapsed(), device.stats());
    assert_eq!((device.left(), device.stats().applied), (7, 1));
    assert!(device.stats().states >= 2 * u64::from(times));
    world.end(device).await
}

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:valve:1")]
struct Valve {
    #[asset(kind = "actuator")]
    open: bool,
}

/// Keeps the thread that it runs on, so that nobody can end it there.
struct Blocks {
    begun: std::sync::mpsc::Sender<()>,
    go_on: Mutex<std::sync::mpsc::Receiver<()>>,
    gone: std::sync::mpsc::Sender<()>,
}

impl ValveHandler for Blocks {
    async fn on_open(&mut self, _: &ValveDevice, change: Change<bool>) -> HandlerResult<bool> {
        self.begun.send(())?;
        self.go_on.lock().unwrap().recv()?;
        Ok(change.value)
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        let _ = self.gone.send(());
    }
}

/// It was put back, and lived as long as the last handle of its device.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn h06_a_handler_that_is_in_nobodys_reach_when_its_device_closes_is_let_go_when_it_returns() -> Result {
    let world = World::new().await?;
    let ((begun, has_begun), (release, go_on)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let (gone, is_gone) = std::sync::mpsc::channel();
    let handler = Blocks { begun, go_on: Mutex::new(go_on), gone };
    let device = world.platform()?.device("V-1", Valve::default()).handler(handler).connect().await?;
    world.broker.publish("device/V-1/asset/open/command", r#"{"id":"1","value":true}"#);
    let soon = Duration::from_secs(60);
    tokio::task::spawn_blocking(move || has_begun.recv_timeout(soon)).await??;
    within(60, device.close()).await??;
    release.send(())?;
    tokio::task::spawn_blocking(move || is_gone.recv_timeout(soon)).await??;
    drop(device);
    Ok(())
}
