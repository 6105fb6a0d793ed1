//! Commands that must not reach a handler: too late, beyond the limits, or kept by the broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use edge_runtime::testing::{FaultProxy, MemoryPlatform};
use edge_runtime::{AssetValue, Change, Device, HandlerResult, Platform};
use edge_tests::{Mosquitto, Observer, publish_retained};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{VENT, command, outcome};
use crate::faults::quiet::Quiet;
use crate::faults::world::{Result, World, within};
use crate::model::{Driver, Greenhouse, SN};

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
    world.end(device).await
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
    world.end(device).await
}

#[tokio::test]
async fn h14_a_command_that_the_broker_had_kept_is_not_run() -> Result {
    let quiet = Quiet::now();
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    for (topic, command) in [
        ("device/HEATER-1/asset/power/command", r#"{"id":"kept","value":50}"#),
        ("device/HEATER-1/command", r#"{"id":"all","values":{"power":60}}"#),
    ] {
        let Some(()) = publish_retained(broker.port(), topic, command).await else { return Ok(()) };
    }
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
    quiet.close(device, (observer, broker)).await
}
