//! Brokers that send without end, and take nothing.

use std::sync::Arc;

use edge_runtime::testing::Ledger;
use edge_runtime::{Change, Device, HandlerResult};
use tokio::sync::Notify;

use super::world::{Result, World, within};

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:gate:1")]
struct Gate {
    #[asset(kind = "actuator")]
    open: bool,
    #[asset(kind = "sensor")]
    count: u64,
}

/// Never done with what is `true`, which it says when it begins.
#[derive(Clone, Default)]
struct Hangs(Arc<Notify>);

impl GateHandler for Hangs {
    async fn on_open(&mut self, _: &GateDevice, change: Change<bool>) -> HandlerResult<bool> {
        if !change.value {
            return Ok(false);
        }
        self.0.notify_one();
        std::future::pending().await
    }
}

async fn gate(world: &World, handler: Hangs) -> Result<GateDevice> {
    Ok(world.platform()?.device("GATE-1", Gate::default()).handler(handler).connect().await?)
}

/// What the outbox holds, and what answers may have besides.
const BOUND: usize = 10_000 + 16_384;

/// Each command is answered, and no answer acknowledged: they were kept, all of them, on one connection after the other.
#[tokio::test(start_paused = true)]
async fn h07_answers_that_nobody_takes_do_not_fill_the_memory() -> Result {
    let world = World::new().await?;
    let device = gate(&world, Hangs::default()).await?;
    world.broker.withhold_pubacks(true);
    let mut read = 0;
    for round in 0..10 {
        for number in 0..10_000 {
            let text = format!(r#"{{"id":"{round}-{number}","value":1}}"#);
            world.broker.publish("device/GATE-1/asset/nothing/command", text);
        }
        read += 10_000;
        let all = |ledger: &Ledger| ledger.acknowledged().count() >= read;
        within(600, world.broker.wait(all)).await?;
        let pending = device.stats().pending;
        assert!(pending <= BOUND + 10, "{pending} after {read}");
    }
    let stats = device.stats();
    println!("H07: {read} commands, {} answers wait", stats.pending);
    assert!(stats.pending > 16_384 && stats.rejected >= 100_000, "{stats:?}");

    is_as_any_other(&world, &device, false).await?;
    world.end(device).await
}

/// When somebody listens again: what is set is delivered, and a command is answered.
async fn is_as_any_other(world: &World, device: &GateDevice, open: bool) -> Result {
    world.broker.withhold_pubacks(false);
    let receipt = within(600, device.set_count(1)).await??;
    within(600, receipt.delivered()).await??;
    world.broker.publish("device/GATE-1/asset/open/command", format!(r#"{{"id":"last","value":{open}}}"#));
    let answered = |ledger: &Ledger| ledger.publishes().any(|(_, it)| it.text().contains(r#""id":"last""#));
    within(600, world.broker.wait(answered)).await?;
    Ok(())
}

/// On and off.
struct Obeys;

impl GateHandler for Obeys {
    async fn on_open(&mut self, _: &GateDevice, change: Change<bool>) -> HandlerResult<bool> {
        Ok(change.value)
    }
}

/// Each command changes the state, and none of the states is acknowledged: they waited for no room, and nothing bounded them.
#[tokio::test(start_paused = true)]
async fn h07_states_that_commands_lead_to_do_not_fill_the_memory() -> Result {
    const AT_ONCE: usize = 500;
    const SENT: usize = 50_000;
    let world = World::new().await?;
    let device = world.platform()?.device("GATE-1", Gate::default()).handler(Obeys).connect().await?;
    world.broker.withhold_pubacks(true);
    for read in (AT_ONCE..=SENT).step_by(AT_ONCE) {
        for number in 0..AT_ONCE {
            let text = format!(r#"{{"value":{}}}"#, number % 2 == 0);
            world.broker.publish("device/GATE-1/asset/open/command", text);
        }
        let all = |ledger: &Ledger| ledger.acknowledged().count() >= read;
        within(600, world.broker.wait(all)).await?;
        let pending = device.stats().pending;
        // What had been taken when there was too much is done.
        assert!(pending <= BOUND + 1024 + 10, "{pending} after {read}");
    }
    let stats = device.stats();
    println!("H07: {SENT} commands, {} states wait", stats.pending);
    assert!(stats.pending >= BOUND && stats.rejected > 0, "{stats:?}");

    // One that is refused now. It is told why when it asks again: its answer is dropped, as all are.
    let late = || world.broker.publish("device/GATE-1/asset/open/command", r#"{"id":"late","value":true}"#);
    late();
    within(60, world.broker.wait(|ledger| ledger.acknowledged().count() > SENT)).await?;
    is_as_any_other(&world, &device, true).await?;
    late();
    let answer = |ledger: &Ledger| {
        let answers = ledger.publishes().map(|(_, publish)| publish.text());
        answers.filter(|text| text.contains(r#""id":"late""#)).last()
    };
    within(60, world.broker.wait(|ledger| answer(ledger).is_some())).await?;
    let answer = world.broker.look(answer).unwrap();
    let said = answer.split_once("the device is busy: the broker has not acknowledged ");
    let waiting = said.and_then(|(_, rest)| rest.split(|it: char| !it.is_ascii_digit()).next());
    let waiting: usize = waiting.ok_or_else(|| answer.clone())?.parse()?;
    assert!((BOUND..=BOUND + 1024 + 10).contains(&waiting), "{answer}");
    assert!(device.snapshot().open);
    world.end(device).await
}

/// A thousand commands may wait for a handler, each as large as a packet may be.
#[tokio::test(start_paused = true)]
async fn h07_large_commands_that_wait_do_not_fill_the_memory() -> Result {
    const SENT: usize = 100;
    let world = World::new().await?;
    let handler = Hangs::default();
    let device = gate(&world, handler.clone()).await?;
    world.broker.publish("device/GATE-1/asset/open/command", r#"{"id":"hangs","value":true}"#);
    within(10, handler.0.notified()).await?;
    let large = "x".repeat(1024 * 1024);
    for number in 0..SENT {
        let text = format!(r#"{{"id":"{number}","value":"{large}"}}"#);
        world.broker.publish("device/GATE-1/asset/open/command", text);
    }
    let refused = |ledger: &Ledger| ledger.publishes().filter(|(_, it)| it.text().contains("wait")).count();
    // The first sixteen wait. Less than the 30 s that the handler has.
    within(20, world.broker.wait(|ledger| refused(ledger) >= SENT - 17)).await?;
    println!("H07: {} of {SENT} large commands are refused", world.broker.look(refused));
    drop(world);
    let _ = within(120, device.close()).await?;
    Ok(())
}
