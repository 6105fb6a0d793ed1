//! Handlers that panic, hang, are flooded, or set their own device; and commands that must not reach one.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::testing::{Cut, FaultProxy, Ledger, MemoryPlatform};
use edge_runtime::{AssetValue, Change, Device, HandlerResult, Host, Platform};
use edge_tests::{Mosquitto, Observer, publish_retained};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

const VENT: &str = "device/GH-1/asset/vent/command";

fn command(id: &str, value: impl Into<Value>) -> String {
    json!({ "id": id, "value": value.into() }).to_string()
}

/// All outcomes by the command's id; each but once.
fn outcomes(ledger: &Ledger) -> HashMap<String, Value> {
    let mut outcomes = HashMap::new();
    for (_, publish) in ledger.publishes().filter(|(_, publish)| publish.topic.ends_with("/outcome")) {
        let outcome: Value = serde_json::from_slice(&publish.payload).unwrap();
        let id = outcome["id"].as_str().unwrap().to_owned();
        assert!(publish.dup || outcomes.insert(id.clone(), outcome).is_none(), "{id} was answered twice");
    }
    outcomes
}

async fn outcome(world: &World, id: &str) -> Result<Value> {
    within(120, world.broker.wait(|ledger| outcomes(ledger).contains_key(id))).await?;
    Ok(world.broker.look(|ledger| outcomes(ledger)[id].clone()))
}

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
    within(60, host.close()).await??;
    Ok(())
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
    within(60, host.close()).await??;
    Ok(())
}

/// Takes a millisecond, and writes down what it was called with.
#[derive(Clone, Default)]
struct Patient(Arc<Mutex<BTreeMap<&'static str, Vec<u32>>>>);

#[derive(Device, Clone, Default)]
#[device(model = "urn:test:valves:1")]
struct Valves {
    #[asset(kind = "actuator")]
    left: u32,
    #[asset(kind = "actuator")]
    right: u32,
}

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
    within(60, device.close()).await??;
    Ok(())
}

/// By default Mosquitto drops what comes beyond 1,000 messages that wait for a client; here it is told not to. It does
/// not keep to its own window of 20 messages, so there may be something to refuse as well.
#[tokio::test]
async fn h07_a_burst_through_mosquitto_is_handled_in_order_or_refused() -> Result {
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
    device.close().await?;
    Ok(())
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
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn h09_commands_that_wait_when_they_come_again_run_once_and_refused_ones_do_not() -> Result {
    again_after(1).await
}

#[tokio::test(start_paused = true)]
async fn h09_commands_that_were_handled_when_they_come_again_do_not_run_and_refused_ones_neither() -> Result {
    again_after(28).await
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
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn h12_a_command_that_expired_while_the_device_was_away_is_not_run() -> Result {
    let world = World::new().await?;
    let proxy = FaultProxy::start(world.broker.address()).await?;
    let platform = world.memory.with_broker(&format!("mqtt://{}", proxy.address()))?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    proxy.cut();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let with = |id: &str, value: u8, expires: Timestamp| {
        json!({ "id": id, "value": value, "expires": expires.to_string() }).to_string()
    };
    let now = Timestamp::now();
    let (past, soon) = (now - SignedDuration::from_secs(1), now + SignedDuration::from_hours(1));
    world.broker.publish(VENT, with("late", 40, past));
    world.broker.publish(
        "device/GH-1/command",
        json!({ "id": "all", "values": { "vent": 41 }, "expires": past.to_string() }).to_string(),
    );
    world.broker.publish(VENT, with("good", 42, soon));
    proxy.restore();
    assert_eq!(outcome(&world, "good").await?["status"], "applied");
    for id in ["late", "all"] {
        let late = outcome(&world, id).await?;
        assert_eq!(late["status"], "rejected");
        assert_eq!(late["reason"], format!("the command expired at {past}"));
    }
    assert_eq!((device.vent(), device.stats().applied, device.stats().rejected), (42, 1, 2));
    // Only the good one's handler has set it.
    assert_eq!(device.humidity(), 42.0);
    within(60, device.close()).await??;
    Ok(())
}

#[derive(AssetValue, Clone, Copy, Debug, PartialEq)]
enum Mode {
    Heat,
    Cool,
}

#[derive(Device, Clone)]
#[device(model = "urn:test:heater:1")]
struct Heater {
    #[asset(kind = "actuator", min = 5.0, max = 30.0, step = 0.5)]
    target: f64,
    #[asset(kind = "actuator")]
    mode: Mode,
    #[asset(kind = "actuator", min = 0, max = 100, step = 10)]
    power: u8,
}

/// Counts how often it is called.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicU64>);

impl HeaterHandler for Counting {
    async fn on_target(&mut self, _: &HeaterDevice, change: Change<f64>) -> HandlerResult<f64> {
        self.0.fetch_add(1, Relaxed);
        Ok(change.value)
    }

    async fn on_mode(&mut self, _: &HeaterDevice, change: Change<Mode>) -> HandlerResult<Mode> {
        self.0.fetch_add(1, Relaxed);
        Ok(change.value)
    }

    async fn on_power(&mut self, _: &HeaterDevice, change: Change<u8>) -> HandlerResult<u8> {
        self.0.fetch_add(1, Relaxed);
        Ok(change.value)
    }
}

async fn heater(platform: &Platform, calls: &Counting) -> Result<HeaterDevice> {
    let first = Heater { target: 20.0, mode: Mode::Heat, power: 0 };
    Ok(platform.device("HEATER-1", first).handler(calls.clone()).connect().await?)
}

#[tokio::test(start_paused = true)]
async fn h13_what_does_not_fit_is_refused_before_the_handler_with_the_limits() -> Result {
    let world = World::new().await?;
    let calls = Counting::default();
    let device = heater(&world.platform()?, &calls).await?;
    let refused = [
        ("target", json!(4.5), "`target`: 4.5 is below the minimum: the limits are 5..30"),
        ("target", json!(30.5), "`target`: 30.5 is above the maximum: the limits are 5..30"),
        ("target", json!(20.25), "`target`: 20.25 is not a multiple of 0.5"),
        ("target", json!("20"), "`target`: expected number, found string"),
        ("mode", json!("dry"), "`mode`: `dry` is not one of `heat`, `cool`"),
        ("mode", json!(1), "`mode`: expected string, found integer"),
        ("power", json!(101), "`power`: 101 is above the maximum: the limits are 0..100"),
        ("power", json!(-1), "`power`: -1 is below the minimum: the limits are 0..100"),
        ("power", json!(15), "`power`: 15 is not a multiple of 10"),
        ("power", json!(1e15), "`power`: 1000000000000000 is above the maximum: the limits are 0..100"),
        ("power", json!(null), "`power`: expected integer, found null"),
    ];
    for (number, (asset, value, reason)) in refused.iter().enumerate() {
        let id = format!("r{number}");
        world.broker.publish(format!("device/HEATER-1/asset/{asset}/command"), command(&id, value.clone()));
        let outcome = outcome(&world, &id).await?;
        assert_eq!(
            (&outcome["status"], &outcome["reason"]),
            (&json!("rejected"), &json!(reason)),
            "{asset} {value}"
        );
        // The same among good ones: none of them runs.
        let mut values = json!({ "target": 25.0, "mode": "cool", "power": 50 });
        values[asset] = value.clone();
        let id = format!("s{number}");
        world.broker.publish("device/HEATER-1/command", json!({ "id": id, "values": values }).to_string());
        let outcome = self::outcome(&world, &id).await?;
        assert_eq!(
            (&outcome["status"], &outcome["reason"]),
            (&json!("rejected"), &json!(reason)),
            "{asset} {value}"
        );
    }
    assert_eq!((calls.0.load(Relaxed), device.stats().rejected), (0, 2 * refused.len() as u64));
    world.broker.publish(
        "device/HEATER-1/command",
        r#"{"id":"good","values":{"target":25,"mode":"cool","power":50}}"#,
    );
    assert_eq!(outcome(&world, "good").await?["status"], "applied");
    assert_eq!((calls.0.load(Relaxed), device.mode()), (3, Mode::Cool));
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test]
async fn h14_a_command_that_the_broker_had_kept_is_not_run() -> Result {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    publish_retained(broker.port(), "device/HEATER-1/asset/power/command", r#"{"id":"kept","value":50}"#)
        .await;
    publish_retained(broker.port(), "device/HEATER-1/command", r#"{"id":"all","values":{"power":60}}"#).await;
    let observer = Observer::connect(format!("127.0.0.1:{}", broker.port()).parse()?, None).await;
    let mut answers = observer.subscribe("device/HEATER-1/outcome").await;
    let calls = Counting::default();
    let device = heater(&MemoryPlatform::new().with_broker(&broker.url())?, &calls).await?;
    for _ in 0..2 {
        let answer = within(30, answers.recv()).await?.expect("the observer is connected");
        let outcome: Value = serde_json::from_slice(&answer)?;
        assert!(outcome["id"] == "kept" || outcome["id"] == "all", "{outcome}");
        assert_eq!(outcome["status"], "rejected");
        assert_eq!(outcome["reason"], "the command was retained: commands are not repeated");
    }
    assert_eq!((calls.0.load(Relaxed), device.power(), device.stats().rejected), (0, 0, 2));
    // What comes now does run.
    observer.publish("device/HEATER-1/asset/power/command", &command("new", 70)).await;
    let outcome: Value = serde_json::from_slice(&within(30, answers.recv()).await?.expect("an answer"))?;
    assert_eq!((&outcome["id"], &outcome["status"]), (&json!("new"), &json!("applied")));
    device.close().await?;
    Ok(())
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
