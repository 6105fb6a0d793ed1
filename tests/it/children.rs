//! Devices that are parts of others: declared with them, or added while they run.

use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{CloseError, ConnectError, Host, Platform, ReconcileError};
use edge_tests::{Http, TestResult};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::fleet::{DOCK, DRONE, Drone, Gimbal, dock, drone, start};

fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.payload).unwrap()
}

async fn outcome(memory: &MemoryPlatform, device: &str) -> Value {
    let topic = format!("device/{device}/outcome");
    json(&memory.message(|message| message.topic == topic).await)
}

/// What a device's presence was, from the first to the last.
fn presences(memory: &MemoryPlatform, device: &str) -> Vec<Value> {
    let topic = format!("device/{device}/presence");
    memory.messages().iter().filter(|message| message.topic == topic).map(json).collect()
}

#[tokio::test]
async fn a_declared_child_is_registered_as_a_part_of_its_parent() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let registered = memory.registered(DRONE).unwrap();
    assert_eq!(registered.parent.as_deref(), Some(DOCK));
    assert_eq!(registered.vendor.as_str(), "DJI");
    assert_eq!(memory.registered(DOCK).unwrap().parent, None);
    assert_eq!(device.drone().parent().map(|id| id.as_str()), Some(DOCK));
    assert_eq!(device.children().len(), 1);
    let writes = memory.writes();
    device.close().await?;
    start(&memory).await?.close().await?;
    assert_eq!(memory.writes(), writes, "the second start has nothing to write");
    Ok(())
}

#[tokio::test]
async fn parent_and_children_share_one_connection_and_have_their_own_handlers_and_presences() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    assert_eq!(memory.connections(), 1);
    memory.publish(&format!("device/{DRONE}/asset/tilt/command"), r#"{"id":"1","value":-90}"#);
    assert_eq!(outcome(&memory, DRONE).await, json!({ "id": "1", "status": "applied", "value": -60 }));
    memory.publish(&format!("device/{DOCK}/asset/cover/command"), r#"{"id":"2","value":true}"#);
    assert_eq!(outcome(&memory, DOCK).await["status"], "applied");
    assert_eq!((device.drone().tilt(), device.cover()), (-60, true));

    let session = device.drone().session();
    assert_eq!(presences(&memory, DRONE), [json!({ "status": "online", "session": session, "via": DOCK })]);
    assert_eq!(presences(&memory, DOCK), [json!({ "status": "online", "session": device.session() })]);
    device.close().await?;
    for device in [DRONE, DOCK] {
        assert_eq!(presences(&memory, device).last().unwrap()["status"], "offline", "{device}");
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_and_a_snapshot_are_over_the_whole_tree() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.drone().set_battery(70).await?;
    assert_eq!(device.snapshot().drone.battery, 70);
    let edit = |dock: &mut crate::fleet::Dock| {
        assert_eq!(dock.drone.battery, 70, "the child's current state, not the first one");
        dock.cover = true;
        dock.drone.battery = 60;
    };
    device.update(edit).await?.delivered().await?;
    assert_eq!((device.cover(), device.drone().battery()), (true, 60));
    assert_eq!(memory.state(DRONE, "battery"), Some(json!(60)));
    assert_eq!(memory.state(DOCK, "cover"), Some(json!(true)));

    let refused = device.update(|dock| {
        dock.cover = false;
        dock.drone.battery = 101;
    });
    let error = refused.await.unwrap_err().to_string();
    assert!(error.starts_with("device `DOCK-1-drone`, asset `battery`: 101 is above the maximum"), "{error}");
    assert!(device.cover(), "nothing of a refused transaction is done");
    device.close().await?;
    Ok(())
}

/// Its parent's end told it once more.
#[tokio::test(start_paused = true)]
async fn what_a_child_lost_that_was_closed_before_is_not_lost_again_with_its_parent() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let added = device.add_child("DRONE-2", drone()).handler(Gimbal(-10)).connect().await?;
    for drone in [device.drone(), added] {
        drone.set_battery(70).await?.delivered().await?;
        memory.withhold_acknowledgements(true);
        drone.set_battery(60).await?;
        let closed = drone.close().await;
        assert!(matches!(closed, Err(CloseError::Undelivered { .. })), "{closed:?}");
        memory.withhold_acknowledgements(false);
    }
    assert_eq!(device.close().await, Ok(()));
    Ok(())
}

#[tokio::test]
async fn children_come_and_go_while_the_parent_runs() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let second = device.add_child("DRONE-2", drone()).handler(Gimbal(-10)).connect().await?;
    assert_eq!(memory.registered("DRONE-2").unwrap().parent.as_deref(), Some(DOCK));
    assert_eq!((device.children().len(), memory.connections()), (2, 1));
    memory.publish("device/DRONE-2/asset/tilt/command", r#"{"id":"1","value":-90}"#);
    assert_eq!(outcome(&memory, "DRONE-2").await["value"], -10);

    let twice = device.add_child("DRONE-2", drone()).handler(Gimbal(0)).connect().await.unwrap_err();
    assert!(matches!(&twice, ConnectError::Duplicate { device } if device == "DRONE-2"), "{twice}");

    second.remove().await?;
    assert!(memory.registered("DRONE-2").is_none());
    assert_eq!(presences(&memory, "DRONE-2").last().unwrap()["status"], "offline");
    assert_eq!(device.children().len(), 1);
    assert!(second.set_battery(1).await.is_err());
    device.drone().set_battery(1).await?.delivered().await?;

    let again = device.add_child("DRONE-2", drone()).handler(Gimbal(-20)).connect().await?;
    memory.publish("device/DRONE-2/asset/tilt/command", r#"{"id":"2","value":-90}"#);
    let answered = memory.message(|message| message.text().starts_with(r#"{"id":"2""#)).await;
    assert_eq!(json(&answered)["value"], -20);
    device.close().await?;
    assert!(again.set_battery(1).await.is_err(), "the parent's end is the child's");
    Ok(())
}

/// It was taken for running, and nobody closed it: the parent's children had been closed by then, and its connection was gone.
#[tokio::test(start_paused = true)]
async fn a_child_that_starts_while_its_parent_closes_is_closed_with_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    // It waits for the registry.
    memory.set_registry_away(true);
    let added = device.add_child("DRONE-2", drone()).handler(Gimbal(0));
    let starting = tokio::spawn(added.connect());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((device.children().len(), starting.is_finished()), (1, false), "it does not run yet");
    let begun = Instant::now();
    device.close().await?;
    let refused = starting.await?.unwrap_err();
    assert!(matches!(&refused, ConnectError::Closed { device } if device == "DRONE-2"), "{refused}");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    memory.set_registry_away(false);
    let late = device.add_child("DRONE-3", drone()).handler(Gimbal(0)).connect().await.unwrap_err();
    assert!(matches!(&late, ConnectError::Closed { device } if device == "DRONE-3"), "{late}");
    tokio::time::sleep(Duration::from_secs(60)).await;
    for device in ["DRONE-2", "DRONE-3"] {
        assert_eq!((memory.registered(device), presences(&memory, device).len()), (None, 0), "{device}");
    }
    Ok(())
}

/// On a connection that stays, its presence must not.
#[tokio::test(start_paused = true)]
async fn a_child_that_has_been_announced_when_its_parent_closes_says_goodbye() -> TestResult {
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-1")?;
    let device = host.device(DOCK, dock()).handler(crate::fleet::Garage).connect().await?;
    let mut ends = 0;
    // However many looks it has had by then.
    for looks in 0..40 {
        let sn = format!("DRONE-{looks}");
        let child =
            host.device(format!("DOCK-{looks}x"), dock()).handler(crate::fleet::Garage).connect().await?;
        let mut starting = Box::pin(child.add_child(&sn, drone()).handler(Gimbal(0)).connect());
        let mut started = None;
        for _ in 0..looks {
            tokio::task::yield_now().await;
            if started.is_none() {
                started = starting.as_mut().now_or_never();
            }
        }
        let closing = tokio::spawn(async move { child.close().await });
        let started = match started {
            Some(started) => started,
            None => starting.await,
        };
        closing.await??;
        match started {
            Ok(drone) => assert!(drone.set_battery(1).await.is_err(), "{sn}"),
            Err(error) => {
                ends += 1;
                assert!(matches!(error, ConnectError::Closed { .. }), "{sn}: {error}");
            }
        }
        let said = presences(&memory, &sn);
        let last = said.last().map(|presence| presence["status"].clone());
        assert!(last.is_none() || last == Some("offline".into()), "{sn}: {said:?}");
    }
    assert!((1..40).contains(&ends), "{ends}");
    assert!(device.is_online());
    host.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_parents_death_is_the_childrens_and_all_come_back() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    memory.cut();
    let will =
        |message: &Message| message.topic == "device/DOCK-1/presence" && message.text().contains("offline");
    let will = memory.message(will).await;
    assert_eq!(json(&will), json!({ "status": "offline", "session": device.session() }));
    let births = |memory: &MemoryPlatform| {
        presences(memory, DRONE).iter().filter(|presence| presence["status"] == "online").count()
    };
    while births(&memory) < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    device.drone().set_battery(3).await?.delivered().await?;
    assert_eq!(memory.state(DRONE, "battery"), Some(json!(3)));
    memory.publish(&format!("device/{DRONE}/asset/tilt/command"), r#"{"id":"9","value":7}"#);
    assert_eq!(outcome(&memory, DRONE).await["value"], 7);
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn serial_numbers_of_children_can_be_given_and_mistakes_are_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = || memory.platform().device(DOCK, dock()).handler(crate::fleet::Garage);
    let device = builder().child_sn("drone", "DRONE-7").connect().await?;
    assert_eq!(device.drone().id().as_str(), "DRONE-7");
    device.close().await?;

    for (child, sn, expected) in [
        ("dron", "D-1", "device `DOCK-1` declares no child `dron`, only `drone`"),
        ("drone", "D/1", "the device cannot be declared"),
        ("drone", DOCK, "device `DOCK-1` is on this connection already"),
    ] {
        let error = builder().child_sn(child, sn).connect().await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(memory.registered("D-1"), None);
    Ok(())
}

#[tokio::test]
async fn a_mismatch_anywhere_in_the_tree_stops_it_before_anything_is_written() -> TestResult {
    let memory = MemoryPlatform::new();
    start(&memory).await?.close().await?;
    memory.edit(DRONE, |device| device.assets[0].profile.maximum = Some(50.into()));
    memory.edit(DOCK, |device| {
        device.assets.clear();
    });
    let writes = memory.writes();
    let builder = || memory.platform().device(DOCK, dock()).handler(crate::fleet::Garage);
    let never = edge_runtime::model::OverwritePolicy::Never;
    let plans = builder().overwrite_assets(never).plan().await?;
    assert_eq!(plans.iter().map(|plan| plan.is_refused()).collect::<Vec<_>>(), [false, true]);
    let error = builder().overwrite_assets(never).connect().await.unwrap_err();
    let ConnectError::Reconcile(ReconcileError::AssetMismatch { differences, .. }) = &error else {
        panic!("{error}")
    };
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].to_string(), "DOCK-1-drone/battery.maximum: 50 -> 100 (limiting)");
    assert_eq!(memory.writes(), writes, "the dock's missing asset was not created either");
    Ok(())
}

#[tokio::test]
async fn a_child_that_is_registered_elsewhere_is_moved_or_refused() -> TestResult {
    let memory = MemoryPlatform::new();
    let lone = memory.platform().device("DRONE-3", drone()).handler(Gimbal(0)).connect().await?;
    lone.close().await?;
    let device = start(&memory).await?;
    let never = edge_runtime::model::OverwritePolicy::Never;
    let child = || device.add_child("DRONE-3", drone()).handler(Gimbal(0));
    let error = child().overwrite_assets(never).connect().await.unwrap_err().to_string();
    assert!(error.contains("parent: none -> DOCK-1 (breaking)"), "{error}");
    child().connect().await?;
    assert_eq!(memory.registered("DRONE-3").unwrap().parent.as_deref(), Some(DOCK));
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_starts_offline_brings_its_children_along() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device(DOCK, dock()).handler(crate::fleet::Garage);
    let device = builder.start_offline(true).connect().await?;
    device.drone().set_battery(55).await?;
    let added = device.add_child("DRONE-2", drone()).handler(Gimbal(0)).start_offline(true).connect().await?;
    added.set_battery(44).await?;
    memory.set_registry_away(false);
    let has = |topic: &'static str, text: &'static str| {
        move |message: &Message| message.topic == topic && message.text().contains(text)
    };
    memory.message(has("device/DOCK-1-drone/asset/battery/state", "55")).await;
    memory.message(has("device/DRONE-2/asset/battery/state", "44")).await;
    assert_eq!(memory.connections(), 1);
    device.close().await?;
    Ok(())
}

#[tokio::test]
async fn a_child_needs_no_handler_when_it_has_nothing_to_command() -> TestResult {
    #[derive(edge_runtime::Device, Clone)]
    struct Rack {
        #[asset(kind = "sensor")]
        load: f64,
        #[device(child)]
        probe: Probe,
    }
    #[derive(edge_runtime::Device, Clone)]
    struct Probe {
        #[asset(kind = "sensor")]
        temperature: f64,
    }
    let memory = MemoryPlatform::new();
    let first = Rack { load: 1.0, probe: Probe { temperature: 20.0 } };
    let device = memory.platform().device("RACK-1", first).connect().await?;
    device.set_load(2.0).await?;
    device.probe().set_temperature(21.0).await?;
    let snapshot = device.snapshot();
    assert_eq!((snapshot.load, snapshot.probe.temperature), (2.0, 21.0));
    let drone = Drone { battery: 1, tilt: 0 };
    // Any device can be a child of any other.
    let drone = device.add_child("DRONE-9", drone).handler(Gimbal(0)).connect().await?;
    assert_eq!(drone.battery(), 1);
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_crash_between_any_two_writes_leaves_what_the_next_start_completes() -> TestResult {
    // Registering a dock with its drone, and then following a program that has changed both, takes four writes.
    for writes in 1..=4 {
        let memory = MemoryPlatform::new();
        memory.set_registry_away_after(writes);
        let policy = edge_runtime::model::OverwritePolicy::Always;
        let builder = || {
            let builder = memory.platform().device(DOCK, dock()).handler(crate::fleet::Garage);
            builder.overwrite_assets(policy).startup_timeout(std::time::Duration::from_secs(3))
        };
        if let Ok(device) = builder().connect().await {
            device.close().await?;
            memory.edit(DOCK, |device| device.title = "By hand".into());
            memory.edit(DRONE, |device| drop(device.assets.pop()));
            assert!(builder().connect().await.is_err() || writes == 4);
        }
        memory.set_registry_away(false);
        builder().connect().await?.close().await?;
        let done = memory.writes();
        builder().connect().await?.close().await?;
        assert_eq!(memory.writes(), done, "after {writes} writes");
        assert_eq!(memory.registered(DOCK).unwrap().title, "Dock");
        let drone = memory.registered(DRONE).unwrap();
        assert_eq!((drone.parent.as_deref(), drone.assets.len()), (Some(DOCK), 2));
    }
    Ok(())
}

/// Asks the platform again until a device's presence is that.
async fn wait_for_presence(http: &Http, device: &str, status: &str) -> TestResult {
    loop {
        let (_, found) = http.get(&format!("/device/{device}")).await?;
        if found["presence"] == status {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn when_a_dock_dies_the_platform_takes_its_drone_for_offline_too() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let addresses = (embedded.connector_url(), embedded.mqtt_url());
    let program = tokio::runtime::Runtime::new()?;
    let start = program.spawn(async move {
        let platform = Platform::at(addresses.0, addresses.1).build().map_err(|error| error.to_string())?;
        let builder = platform.device(DOCK, dock()).handler(crate::fleet::Garage);
        builder.connect().await.map(drop).map_err(|error| error.to_string())
    });
    start.await??;
    wait_for_presence(&http, DRONE, "online").await?;
    let (_, found) = http.get(&format!("/device/{DRONE}")).await?;
    assert_eq!(found["parent"], DOCK);
    // All tasks and sockets of the program are gone at once: nobody says goodbye.
    program.shutdown_background();
    for device in [DOCK, DRONE] {
        wait_for_presence(&http, device, "offline").await?;
    }
    embedded.close().await;
    Ok(())
}
