//! Far more commands than a handler can take at once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::testing::{Cut, Ledger, MemoryPlatform};
use edge_runtime::{Change, HandlerResult};
use edge_tests::{Mosquitto, Observer};
use serde_json::Value;
use tokio::time::Instant;

use super::{VENT, Valves, ValvesDevice, ValvesHandler, command, outcome, outcomes};
use crate::faults::quiet::Quiet;
use crate::faults::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

/// Takes a millisecond, and writes down what it was called with.
#[derive(Clone, Default)]
struct Patient(Arc<Mutex<BTreeMap<&'static str, Vec<u32>>>>);

impl Patient {
    async fn handle(&self, asset: &'static str, value: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(1)).await;
        self.0.lock().unwrap().entry(asset).or_default().push(value);
        value
    }

    /// Each asset's commands were handled in their order; returns how many there were.
    fn judge(&self) -> usize {
        let handled = self.0.lock().unwrap();
        assert!(handled.values().all(|values| values.is_sorted_by(|one, next| one < next)), "out of order");
        handled.values().map(Vec::len).sum()
    }
}

impl ValvesHandler for Patient {
    async fn on_left(&mut self, _: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(self.handle("left", change.value).await)
    }

    async fn on_right(&mut self, _: &ValvesDevice, change: Change<u32>) -> HandlerResult<u32> {
        Ok(self.handle("right", change.value).await)
    }
}

const BURST: u32 = 10_000;

fn side(number: u32) -> &'static str {
    if number.is_multiple_of(2) { "left" } else { "right" }
}

/// Everything was handled or refused, and nothing both.
fn judge_burst(name: &str, handler: &Patient, device: &ValvesDevice, outcomes: &HashMap<String, Value>) {
    let of = |status: &str| outcomes.values().filter(|outcome| outcome["status"] == status).count();
    let busy =
        outcomes.values().filter(|outcome| outcome["reason"].as_str().is_some_and(|it| it.contains("busy")));
    let (applied, refused, handled) = (of("applied"), busy.count(), handler.judge());
    println!("{name}: {applied} applied, {refused} refused, {:?}", device.stats());
    assert_eq!(applied + refused, BURST as usize);
    assert_eq!((handled, device.stats().applied), (applied, applied as u64));
    assert_eq!(device.stats().rejected, refused as u64);
    assert!(applied > 0);
}

/// A broker that sends as fast as the socket takes it: the queue is bounded, and what does not fit is refused.
#[tokio::test(start_paused = true)]
async fn h07_a_burst_at_once_is_handled_in_order_or_refused() -> Result {
    let world = World::new().await?;
    let handler = Patient::default();
    let device =
        world.platform()?.device("VALVES-1", Valves::default()).handler(handler.clone()).connect().await?;
    for number in 1..=BURST {
        let topic = format!("device/VALVES-1/asset/{}/command", side(number));
        world.broker.publish(topic, command(&number.to_string(), number));
    }
    let done = |ledger: &Ledger| ledger.acknowledged().count() == BURST as usize;
    within(600, world.broker.wait(done)).await?;
    within(60, device.set_left(0).await?.delivered()).await??;
    let all = world.broker.look(outcomes);
    judge_burst("H07, at once", &handler, &device, &all);
    assert_eq!(world.broker.look(|ledger| ledger.connects().count()), 1);
    world.end(device).await
}

/// By default Mosquitto drops what comes beyond 1,000 messages that wait for a client; here it is told not to. It does
/// not keep to its own window of 20 messages, so there may be something to refuse as well.
#[tokio::test]
async fn h07_a_burst_through_mosquitto_is_handled_in_order_or_refused() -> Result {
    let quiet = Quiet::now();
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let platform = MemoryPlatform::new().with_broker(&broker.url())?;
    let handler = Patient::default();
    let device = platform.device("VALVES-1", Valves::default()).handler(handler.clone()).connect().await?;
    let observer = Observer::connect(format!("127.0.0.1:{}", broker.port()).parse()?, None).await;
    let mut answers = observer.subscribe("device/VALVES-1/outcome").await;
    let start = Instant::now();
    let (sender, begin) =
        (Observer::connect(format!("127.0.0.1:{}", broker.port()).parse()?, None).await, start);
    let sending = tokio::spawn(async move {
        for number in 1..=BURST {
            let topic = format!("device/VALVES-1/asset/{}/command", side(number));
            sender.publish(&topic, &command(&number.to_string(), number)).await;
        }
        begin.elapsed()
    });
    let mut all = HashMap::new();
    while all.len() < BURST as usize {
        let answer = within(120, answers.recv()).await?.expect("the observer is connected");
        let outcome: Value = serde_json::from_slice(&answer)?;
        all.insert(outcome["id"].as_str().unwrap().to_owned(), outcome);
    }
    println!("H07, Mosquitto: sent in {:?}, answered after {:?}", sending.await?, start.elapsed());
    judge_burst("H07, Mosquitto", &handler, &device, &all);
    quiet.close(device, (observer, broker)).await
}

/// How many commands may wait for a device's handler.
const WAITING: usize = 1_024;

/// The connection is lost while so many wait that others were refused, and everything comes again: while all still
/// wait, or after they were handled.
async fn again_after(seconds: u64) -> Result {
    const REFUSED: usize = 20;
    let world = World::new().await?;
    let device = world.platform()?.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    // Nothing is acknowledged before the first one has had its time.
    world.broker.publish(VENT, command("hangs", 77));
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 0..WAITING + REFUSED {
        world.broker.publish(VENT, command(&format!("c{number}"), 5));
    }
    let last = format!("c{}", WAITING + REFUSED - 1);
    assert_eq!(outcome(&world, &last).await?["status"], "rejected");
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    world.broker.cut(Cut::Reset);
    let all = WAITING + REFUSED + 1;
    within(120, world.broker.wait(|ledger| ledger.acknowledged().count() == all)).await?;
    let stats = device.stats();
    assert_eq!(
        (stats.applied, stats.rejected, stats.timed_out),
        (WAITING as u64, REFUSED as u64, 1),
        "{stats:?}"
    );
    assert!(stats.repeated >= REFUSED as u64, "{stats:?}");
    within(60, device.set_humidity(1.0).await?.delivered()).await??;
    let answers = world.broker.look(|ledger| {
        let outcomes = ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/outcome"));
        outcomes
            .filter(|(_, publish)| publish.text().contains(&last))
            .map(|(_, it)| it.text())
            .collect::<Vec<_>>()
    });
    assert!(answers.len() >= 2 && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    world.end(device).await
}

#[tokio::test(start_paused = true)]
async fn h09_commands_that_wait_when_they_come_again_run_once_and_refused_ones_do_not() -> Result {
    again_after(1).await
}

#[tokio::test(start_paused = true)]
async fn h09_commands_that_were_handled_when_they_come_again_do_not_run_and_refused_ones_neither() -> Result {
    again_after(28).await
}
