//! What the handler hears of commands: the assets' own methods, then `on_change`, and what each may refuse.

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{ChangesError, Device};
use edge_tests::TestResult;
use serde_json::{Value, json};

use super::motor::{MotorDevice, Notes, SN, applied, outcome, running, send, states_since};

const SPEED: &str = "asset/speed/command";

/// A command to several assets.
async fn several(memory: &MemoryPlatform, values: &str, id: &str) -> Value {
    // As text: the order of its members is the command's.
    memory.publish(&format!("device/{SN}/command"), format!(r#"{{"id":"{id}","values":{{{values}}}}}"#));
    outcome(memory, id).await
}

fn values(device: &MotorDevice) -> (u8, bool, u16) {
    (device.speed(), device.forward(), device.limit())
}

/// What a refused command leaves behind: nothing.
async fn untouched(memory: &MemoryPlatform, device: &MotorDevice, before: (usize, (u8, bool, u16))) {
    assert_eq!(values(device), before.1);
    assert_eq!(states_since(memory, device, before.0).await, []);
}

fn before(memory: &MemoryPlatform, device: &MotorDevice) -> (usize, (u8, bool, u16)) {
    (memory.messages().len(), values(device))
}

#[tokio::test]
async fn v12_the_method_of_an_asset_hears_its_change_and_may_refuse_it() -> TestResult {
    let (memory, device, notes) = running().await?;
    assert_eq!(send(&memory, SPEED, json!({ "value": 40 }), "a").await, applied("a", json!(40)));
    assert_eq!(notes.take()[0], "speed 0->40, is 0");
    let was = before(&memory, &device);
    let refused = send(&memory, SPEED, json!({ "value": 13 }), "b").await;
    assert_eq!(refused, json!({ "id": "b", "status": "rejected", "reason": "`speed`: stuck" }));
    assert_eq!(notes.take(), ["speed 40->13, is 40"], "and nobody else");
    untouched(&memory, &device, was).await;
    Ok(device.close().await?)
}

#[tokio::test]
async fn v13_on_change_runs_once_and_after_the_methods_of_the_assets() -> TestResult {
    let (memory, device, notes) = running().await?;
    send(&memory, SPEED, json!({ "value": 95 }), "a").await;
    assert_eq!(notes.take(), ["speed 0->95, is 0", "all of M-1: speed 0->90"], "with what was applied");
    several(&memory, r#""limit":5,"speed":10"#, "b").await;
    let heard = ["limit 100->5", "speed 90->10, is 90", "all of M-1: limit 100->5, speed 90->10"];
    assert_eq!(notes.take(), heard, "in the command's order");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v14_inside_of_a_handler_values_are_old_and_after_an_error_they_stay() -> TestResult {
    let (memory, device, notes) = running().await?;
    for (id, value, status) in
        [("a", 13, "rejected"), ("b", 14, "failed"), ("c", 66, "failed"), ("d", 99, "failed")]
    {
        let was = before(&memory, &device);
        let found = send(&memory, SPEED, json!({ "value": value }), id).await;
        assert_eq!(found["status"], status, "{found}");
        assert_eq!(notes.take(), [format!("speed 0->{value}, is 0")]);
        untouched(&memory, &device, was).await;
    }
    Ok(device.close().await?)
}

#[tokio::test]
async fn v15_a_command_to_several_assets_is_checked_handled_and_stored_as_a_whole() -> TestResult {
    let (memory, device, notes) = running().await?;
    let count = memory.messages().len();
    let found = several(&memory, r#""speed":20,"forward":false,"limit":7"#, "a").await;
    assert_eq!(found, applied("a", json!({ "speed": 20, "forward": false, "limit": 7 })));
    assert_eq!(values(&device), (20, false, 7));
    let states = states_since(&memory, &device, count).await;
    let [(topic, state)] = states.as_slice() else { panic!("one publish: {states:?}") };
    assert_eq!(topic, "state");
    let told = ["speed", "forward", "limit", "twice"].map(|asset| state[asset]["value"].clone());
    assert_eq!(told, [json!(20), json!(false), json!(7), json!(40)], "{state}");
    notes.take();
    // One value beyond its limits, the last of three: no handler runs.
    let was = before(&memory, &device);
    let found = several(&memory, r#""speed":30,"forward":true,"limit":1001"#, "b").await;
    assert_eq!(found["reason"], "`limit`: 1001 is above the maximum: the limits are 0..1000");
    assert_eq!(notes.take(), [""; 0]);
    untouched(&memory, &device, was).await;
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v15_one_veto_of_on_change_refuses_all() -> TestResult {
    let (memory, device, notes) = running().await?;
    for (id, limit, status, reason) in [
        ("a", 13, "rejected", "nothing with 13"),
        ("b", 66, "failed", "`on_change`: the handler panicked"),
        ("c", 77, "timeout", "`on_change`: the handler did not finish within 30s"),
    ] {
        let was = before(&memory, &device);
        let found = several(&memory, &format!(r#""speed":20,"limit":{limit}"#), id).await;
        assert_eq!((&found["status"], &found["reason"]), (&json!(status), &json!(reason)));
        assert_eq!(notes.take().len(), 3, "both methods and the veto");
        untouched(&memory, &device, was).await;
    }
    let found = send(&memory, "asset/limit/command", json!({ "value": 77 }), "d").await;
    assert_eq!(found["reason"], "`on_change`: the handler did not finish within 1s", "as the asset says");
    let found = several(&memory, r#""speed":20,"limit":12"#, "e").await;
    assert_eq!(found["status"], "applied", "and it goes on");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v16_an_applied_command_is_published_as_a_state_and_answered() -> TestResult {
    let (memory, device, _) = running().await?;
    let count = memory.messages().len();
    assert_eq!(send(&memory, SPEED, json!({ "value": 40 }), "a").await, applied("a", json!(40)));
    let states = states_since(&memory, &device, count).await;
    let values: Vec<_> = states.iter().map(|(topic, state)| (topic.as_str(), &state["value"])).collect();
    assert_eq!(values, [("asset/speed/state", &json!(40)), ("asset/twice/state", &json!(80))]);
    assert_eq!(memory.state(SN, "speed"), Some(json!(40)));
    Ok(device.close().await?)
}

#[tokio::test(start_paused = true)]
async fn v17_every_command_is_answered_with_what_has_become_of_it() -> TestResult {
    let (memory, device, _) = running().await?;
    for (id, topic, payload, status, reason) in [
        ("a", SPEED, json!({ "value": 40 }), "applied", None),
        ("b", SPEED, json!({ "value": 40.5 }), "rejected", Some("`speed`: expected integer, found number")),
        (
            "c",
            "asset/speeed/command",
            json!({ "value": 1 }),
            "rejected",
            Some("the device has no asset `speeed`"),
        ),
        ("d", "command", json!({ "values": {} }), "rejected", Some("the payload has no member `values`")),
        ("e", SPEED, json!({ "value": 14 }), "failed", Some("`speed`: stuck half way")),
        (
            "f",
            SPEED,
            json!({ "value": 77 }),
            "timeout",
            Some("`speed`: the handler did not finish within 30s"),
        ),
    ] {
        let found = send(&memory, topic, payload, id).await;
        assert_eq!((found["status"].as_str(), found["reason"].as_str()), (Some(status), reason), "{id}");
    }
    let stats = device.stats();
    assert_eq!([stats.applied, stats.rejected, stats.failed, stats.timed_out], [1, 3, 1, 1]);
    Ok(device.close().await?)
}

#[tokio::test]
async fn o3_a_veto_of_one_asset_refuses_all_of_them_and_on_change_is_not_asked() -> TestResult {
    let (memory, device, notes) = running().await?;
    let was = before(&memory, &device);
    let found = several(&memory, r#""forward":false,"speed":13,"limit":5"#, "a").await;
    assert_eq!(found, json!({ "id": "a", "status": "rejected", "reason": "`speed`: stuck" }));
    assert_eq!(notes.take(), ["forward true->false", "speed 0->13, is 0"]);
    untouched(&memory, &device, was).await;
    Ok(device.close().await?)
}

#[tokio::test]
async fn o4_what_is_so_already_is_accepted_without_a_callback_and_without_a_publish() -> TestResult {
    let (memory, device, notes) = running().await?;
    device.set_speed(40).await?.delivered().await?;
    let was = before(&memory, &device);
    assert_eq!(send(&memory, SPEED, json!({ "value": 40 }), "a").await, applied("a", json!(40)));
    let found = several(&memory, r#""speed":40,"forward":true"#, "b").await;
    assert_eq!(found, applied("b", json!({ "speed": 40, "forward": true })));
    assert_eq!(notes.take(), [""; 0]);
    untouched(&memory, &device, was).await;
    // Of several, only what differs.
    let found = several(&memory, r#""speed":40,"limit":9,"forward":true"#, "c").await;
    assert_eq!(found, applied("c", json!({ "speed": 40, "limit": 9, "forward": true })));
    assert_eq!(notes.take(), ["limit 100->9", "all of M-1: limit 100->9"]);
    let states = states_since(&memory, &device, was.0).await;
    let states: Vec<&str> = states.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(states, ["asset/limit/state"]);
    assert_eq!(device.stats().applied, 3);
    Ok(device.close().await?)
}

/// A handler that fails has moved something, perhaps: going back to what the state says must reach it.
#[tokio::test]
async fn o4_what_a_failed_handler_has_left_behind_is_not_taken_for_the_state() -> TestResult {
    let (memory, device, notes) = running().await?;
    send(&memory, SPEED, json!({ "value": 14 }), "a").await;
    several(&memory, r#""forward":false,"speed":13"#, "b").await;
    notes.take();
    let found = several(&memory, r#""speed":0,"forward":true,"limit":100"#, "c").await;
    assert_eq!(found["status"], "applied");
    let heard = ["speed 0->0, is 0", "forward true->true", "all of M-1: speed 0->0, forward true->true"];
    assert_eq!(notes.take(), heard, "not the limit: nothing has happened to it");
    several(&memory, r#""speed":0,"forward":true"#, "d").await;
    assert_eq!(notes.take(), [""; 0], "now it is known again");
    Ok(device.close().await?)
}

#[tokio::test]
async fn o5_what_nobody_handles_is_refused_and_unchanged() -> TestResult {
    let (memory, device, notes) = running().await?;
    for (id, asset, reason) in [
        ("a", "temperature", "`temperature` is a sensor: it reports, and cannot be commanded"),
        ("b", "twice", "`twice` is a virtual: it reports, and cannot be commanded"),
        ("c", "nothing", "the device has no asset `nothing`"),
    ] {
        let was = before(&memory, &device);
        let found = send(&memory, &format!("asset/{asset}/command"), json!({ "value": 50 }), id).await;
        assert_eq!(found, json!({ "id": id, "status": "rejected", "reason": reason }));
        // Beside it, what is handled is refused as well.
        let found = several(&memory, &format!(r#""speed":50,"{asset}":50"#), &format!("{id}2")).await;
        assert_eq!(found["reason"], reason);
        untouched(&memory, &device, was).await;
    }
    assert_eq!((notes.take(), device.temperature(), device.twice()), (vec![], 20.0, 0));
    Ok(device.close().await?)
}

#[tokio::test]
async fn o6_handlers_see_the_old_value_until_all_have_agreed() -> TestResult {
    let (memory, device, notes) = running().await?;
    let mut speeds = device.observe_speed();
    several(&memory, r#""speed":40,"limit":13"#, "a").await;
    several(&memory, r#""speed":50,"limit":14"#, "b").await;
    let heard = notes.take();
    assert_eq!((heard[0].as_str(), heard[3].as_str()), ("speed 0->40, is 0", "speed 0->50, is 0"));
    let seen = speeds.recv().await.expect("the device runs");
    assert_eq!((seen.previous, seen.value), (0, 50), "the vetoed one was never there");
    Ok(device.close().await?)
}

/// Devices that have nothing to command may have a handler, and need none.
#[tokio::test]
async fn v20_a_device_without_commands_needs_no_handler_and_may_have_one() -> TestResult {
    #[derive(Device, Clone)]
    struct Meter {
        #[asset(retention = "discard")]
        power: f64,
    }
    struct Listener(Notes);
    impl MeterHandler for Listener {
        async fn on_error(&mut self, meter: &MeterDevice, error: &edge_runtime::ErrorEvent) {
            self.0.add(format!("{} {}", meter.id(), error.cause));
        }
    }
    let (memory, notes) = (MemoryPlatform::new(), Notes::default());
    memory.set_registry_away(true);
    let platform = memory.platform();
    let with = platform.device("W-1", Meter { power: 0.0 }).handler(Listener(notes.clone()));
    let with = with.start_offline(true).connect().await?;
    let without = platform.device("W-2", Meter { power: 0.0 }).start_offline(true).connect().await?;
    let mut errors = with.errors();
    with.set_power(1.0).await?;
    without.set_power(1.0).await?;
    errors.recv().await.expect("the device runs");
    let _ = (with.close().await, without.close().await);
    assert_eq!(notes.take()[0], "W-1 dropped: no room or no connection for it");
    Ok(())
}

#[tokio::test]
async fn v21_changes_are_had_by_name_and_type() -> TestResult {
    #[derive(Device, Clone)]
    struct Door {
        #[asset(kind = "actuator", name = "is-open")]
        open: bool,
    }
    struct Asks(Notes);
    impl DoorHandler for Asks {
        async fn on_open(
            &mut self,
            _: &DoorDevice,
            change: edge_runtime::Change<bool>,
        ) -> edge_runtime::HandlerResult<bool> {
            Ok(change.value)
        }
        async fn on_change(
            &mut self,
            door: &DoorDevice,
            changes: &edge_runtime::Changes,
        ) -> edge_runtime::HandlerResult<()> {
            let change = changes.get::<bool>("is-open")?.ok_or("it is changed")?;
            self.0.add(format!("{} {}->{} {}", door.id(), change.previous, change.value, changes.len()));
            self.0.add(format!("{}", changes.at() == change.at));
            self.0.add(changes.get::<u8>("is-open").unwrap_err().to_string());
            let unknown = changes.get::<bool>("open").unwrap_err();
            assert!(matches!(unknown, ChangesError::UnknownAsset { .. }));
            Err(unknown.into())
        }
    }
    let (memory, notes) = (MemoryPlatform::new(), Notes::default());
    let door =
        memory.platform().device(SN, Door { open: false }).handler(Asks(notes.clone())).connect().await?;
    let found = send(&memory, "asset/is-open/command", json!({ "value": true }), "a").await;
    assert_eq!(found["reason"], "the device has no asset `open`, only `is-open`");
    let heard =
        ["M-1 false->true 1", "true", "`is-open` is of another type: expected integer, found boolean"];
    assert_eq!((notes.take().as_slice(), door.open()), (heard.map(str::to_owned).as_slice(), false));
    Ok(door.close().await?)
}
