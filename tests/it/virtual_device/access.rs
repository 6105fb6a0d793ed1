//! Access by name: the same checks and the same messages as behind typed methods.

use edge_runtime::policy::Pipeline;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{AccessError, Kind, PipelineError, ReceiptId, Refusal, SetError, Value};
use edge_tests::TestResult;
use serde_json::json;

use super::house::{Driver, House, SN, command, said, start};

/// Why a set by name is refused, which must have changed nothing.
async fn refused(device: &super::house::HouseDevice, name: &str, value: Value) -> Refusal {
    let before = device.snapshot();
    let error = device.set(name, value.clone()).await.unwrap_err();
    assert_eq!(device.snapshot(), before, "{name} {value}");
    match error {
        AccessError::Set(SetError::Refused { device, asset, refusal }) => {
            assert_eq!((device.as_str(), asset.as_str()), (SN, name));
            refusal
        }
        other => panic!("{name} {value}: {other}"),
    }
}

#[tokio::test]
async fn v01_assets_are_set_by_name_and_by_typed_setters_alike() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set("temperature", 21.5).await?.delivered().await?;
    device.set_temperature(22.5).await?.delivered().await?;
    assert_eq!((device.temperature(), device.get("temperature")?), (22.5, json!(22.5)));
    assert_eq!(device.get_as::<f64>("temperature")?, 22.5);
    let said = said(&memory);
    // Each with what is computed from it.
    let topics: Vec<_> = said.iter().map(|(topic, _)| topic.as_str()).collect();
    let (own, computed) = ("device/GH-1/asset/temperature/state", "device/GH-1/asset/sum/state");
    assert_eq!(topics, [own, computed, own, computed]);
    assert_eq!((&said[0].1["value"], &said[2].1["value"]), (&json!(21.5), &json!(22.5)));
    Ok(device.close().await?)
}

#[tokio::test]
async fn v01_an_unknown_name_is_an_error_with_the_nearest() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let error = device.get("temprature").unwrap_err();
    assert_eq!(error.to_string(), "device `GH-1` has no asset `temprature`, did you mean `temperature`?");
    let unknown = |error: AccessError| matches!(error, AccessError::UnknownAsset { nearest: None, .. });
    for name in ["", "x", "frobnicate", "device/GH-1"] {
        assert!(unknown(device.get(name).unwrap_err()), "{name}");
        assert!(unknown(device.set(name, 1).await.unwrap_err()), "{name}");
        assert!(unknown(device.last_known(name).unwrap_err()), "{name}");
        assert!(unknown(device.begin().set(name, 1).unwrap_err()), "{name}");
        assert!(unknown(device.get_as::<f64>(name).unwrap_err()), "{name}");
        assert!(unknown(device.is_stale(name).unwrap_err()), "{name}");
        assert!(unknown(device.errors_of(name).map(drop).unwrap_err()), "{name}");
        for refused in [device.set_pipeline(name, Pipeline::<f64>::new()), device.clear_pipeline(name)] {
            let Err(PipelineError::Access(error)) = refused else { panic!("{name}: {refused:?}") };
            assert!(unknown(*error), "{name}");
        }
    }
    for id in ["0+1", "7+3", "18446744073709551614+1"] {
        let error = device.receipt(&id.parse()?).map(drop).unwrap_err();
        assert_eq!(error.to_string(), format!("device `GH-1` has never given a receipt {id}"));
    }
    for text in ["", "+", "1", "1+0", "-1+1", "1+-1", "18446744073709551615+2", "1+1+1", "1 + 1"] {
        assert!(text.parse::<ReceiptId>().is_err(), "{text}");
    }
    assert_eq!(device.snapshot(), House { sum: 70.0, ..House::new() });
    assert!(said(&memory).is_empty());
    Ok(device.close().await?)
}

#[tokio::test]
async fn v02_an_alias_finds_the_asset_and_messages_carry_its_name() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set("temp", 21.5).await?.delivered().await?;
    device.begin().set("temp", 22.5)?.finish().await?.delivered().await?;
    assert_eq!((device.get("temp")?, device.last_known("temp")?.value), (json!(22.5), json!(22.5)));
    let said = said(&memory);
    assert_eq!(said[0].0, "device/GH-1/asset/temperature/state");
    assert_eq!(said.last().unwrap().1["temperature"]["value"], 22.5);
    assert_eq!(said.last().unwrap().1.get("temp"), None);
    Ok(device.close().await?)
}

#[tokio::test]
async fn v02_a_command_by_alias_works_and_its_outcome_carries_the_name() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let outcome = command(&memory, "device/GH-1/asset/flap/command", json!({"id": "1", "value": 40})).await;
    assert_eq!(outcome, json!({"id": "1", "status": "applied", "value": 40}));
    assert_eq!(device.vent(), 40);
    let several = json!({"id": "2", "values": {"flap": 50, "period": 7}});
    let outcome = command(&memory, "device/GH-1/command", several).await;
    assert_eq!(outcome["value"], json!({"vent": 50, "period": 7}));
    let twice = json!({"id": "twice", "values": {"vent": 60, "flap": 70}});
    let outcome = command(&memory, "device/GH-1/command", twice).await;
    assert_eq!((&outcome["status"], device.vent()), (&json!("rejected"), 50), "{outcome}");
    let outcome = command(&memory, "device/GH-1/asset/flap/command", json!({"id": "3", "value": 13})).await;
    assert_eq!(outcome["reason"], "`vent`: the vent is stuck");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v03_nothing_is_coerced() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    for (name, value, found) in [
        ("humidity", json!("40"), "expected integer, found string"),
        ("humidity", json!(40.5), "expected integer, found number"),
        ("humidity", json!(true), "expected integer, found boolean"),
        ("temperature", json!("21"), "expected number, found string"),
        ("temperature", json!([21]), "expected number, found array"),
        ("label", json!(1), "expected string, found integer"),
        ("note", json!("none"), "expected number, found string"),
    ] {
        assert_eq!(refused(&device, name, value.clone()).await.to_string(), found, "{name} {value}");
    }
    let error = device.get_as::<String>("temperature").unwrap_err();
    assert!(matches!(&error, AccessError::Type { asset, .. } if asset == "temperature"), "{error}");
    assert_eq!(
        (device.get_as::<u64>("humidity")?, device.get_as::<u8>("temperature")?),
        (50, 20),
        "what fits, fits"
    );
    Ok(device.close().await?)
}

#[tokio::test]
async fn v04_limits_are_inclusive_on_both_ends() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    for (name, value) in
        [("temperature", -40.0), ("temperature", 85.0), ("humidity", 0.0), ("humidity", 95.0)]
    {
        device.set(name, value).await?;
        assert_eq!(device.get_as::<f64>(name)?, value);
    }
    for (name, value, limits) in [
        ("temperature", json!(85.1), "-40..85"),
        ("temperature", json!(-40.1), "-40..85"),
        ("humidity", json!(101), "0..100"),
        ("humidity", json!(-1), "0..100"),
        ("humidity", json!(300), "0..100"),
        ("period", json!(0), "1..3600"),
    ] {
        let text = refused(&device, name, value).await.to_string();
        assert!(text.ends_with(&format!("the limits are {limits}")), "{name}: {text}");
    }
    Ok(device.close().await?)
}

#[tokio::test]
async fn v05_c112_what_the_platform_may_not_set_the_device_sets_all_the_same() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set("temperature", 25.0).await?;
    let outcome = command(&memory, "device/GH-1/asset/temp/command", json!({"id": "1", "value": 30})).await;
    assert_eq!((&outcome["status"], device.temperature()), (&json!("rejected"), 25.0));
    let both = json!({"id": "2", "values": {"vent": 9, "temperature": 30}});
    let outcome = command(&memory, "device/GH-1/command", both).await;
    assert_eq!((&outcome["status"], device.vent(), device.temperature()), (&json!("rejected"), 0, 25.0));
    let error = device.set("sum", 1.0).await.unwrap_err();
    assert!(matches!(error, AccessError::NotSettable { kind: Kind::Virtual, .. }), "{error}");
    let error = device.begin().set("sum", 1.0).map(drop).unwrap_err();
    assert_eq!(error.to_string(), "device `GH-1`: `sum` is virtual, it cannot be set");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v06_c113_a_number_that_is_none_is_refused_and_not_passed_over() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    for value in [f64::NAN, f64::INFINITY] {
        let by_type = device.set_temperature(value).await.unwrap_err();
        assert!(matches!(by_type, SetError::Refused { refusal: Refusal::NotFinite { .. }, .. }));
        // Not even where `null`, as which JSON would write it, is a value.
        for name in ["temperature", "note"] {
            let error = device.set(name, value).await.unwrap_err();
            let AccessError::Set(SetError::Refused { refusal: Refusal::NotFinite { .. }, .. }) = error else {
                panic!("{name}: {error}")
            };
        }
        assert!(device.begin().set_temperature(value).is_err());
    }
    assert!(said(&memory).is_empty());
    Ok(device.close().await?)
}

#[tokio::test]
async fn v06_c114_null_is_a_value_where_the_struct_says_so_and_is_told() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set("note", 1.5).await?;
    device.set("note", Value::Null).await?.delivered().await?;
    assert_eq!((device.note(), device.get("note")?), (None, Value::Null));
    assert_eq!(said(&memory).last().unwrap().1["value"], Value::Null, "unlike clients that say nothing");
    let reason = refused(&device, "temperature", Value::Null).await.to_string();
    assert_eq!(reason, "expected number, found null");
    assert_eq!(device.temperature(), 20.0, "nor does it fall back to a default");
    Ok(device.close().await?)
}

#[tokio::test]
async fn c117_an_equal_value_is_told_again_unless_its_policy_says_otherwise() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    device.set("label", "same").await?.delivered().await?;
    device.set("label", "same").await?.delivered().await?;
    device.begin().set("label", "same")?.finish().await?.delivered().await?;
    assert_eq!(said(&memory).len(), 3);
    Ok(device.close().await?)
}

#[tokio::test]
async fn v08_a_value_is_there_before_it_is_set() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    assert_eq!((device.get("period")?, device.get("label")?), (json!(60), json!("green")));
    assert_eq!(device.get("sum")?, 70.0);
    assert!(said(&memory).is_empty(), "getters say nothing");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v09_what_is_last_known_is_the_first_state_and_then_what_was_accepted() -> TestResult {
    let memory = MemoryPlatform::new();
    let before = Timestamp::now();
    let device = start(&memory).await?;
    let first = device.last_known("temp")?;
    assert!(first.value == 20.0 && before <= first.at && first.at <= Timestamp::now(), "{first}");
    let time: Timestamp = "2031-02-03T04:05:06Z".parse()?;
    device.set("temperature", 21.0).at(time).await?;
    let known = device.last_known("temperature")?;
    assert_eq!((known.value, known.at), (device.get("temperature")?, time));
    assert_eq!(device.last_known("sum")?.at, time, "computed from it, and told with it");
    assert_eq!(device.last_known("humidity")?.at, device.last_known("label")?.at, "not touched");
    // What is refused is not known, and what a transaction holds neither.
    device.set("temperature", 99.0).await.unwrap_err();
    let mut tx = device.begin();
    tx.set("temperature", 30.0)?;
    assert_eq!(device.last_known("temperature")?.value, 21.0);
    Ok(device.close().await?)
}

#[tokio::test]
async fn v09_a_command_is_known_when_it_was_applied() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let before = device.last_known("vent")?.at;
    command(&memory, "device/GH-1/asset/vent/command", json!({"id": "1", "value": 40})).await;
    let known = device.last_known("vent")?;
    assert!(known.value == 40 && known.at > before, "{known}");
    Ok(device.close().await?)
}

#[tokio::test]
async fn v26_a_device_knows_its_id() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    assert_eq!(device.id().as_str(), SN);
    assert_eq!(device.model().urn, "urn:test:house:1");
    // Whoever logs a handle, or what has one, says which device, and not all that a device is made of.
    let shown = format!("{device:?}");
    assert_eq!(
        shown,
        format!("HouseDevice(DeviceHandle {{ id: \"{SN}\", model: \"urn:test:house:1\", .. }})")
    );
    Ok(device.close().await?)
}

/// In an outage the platform knows nothing of it: it is what was last accepted to be told.
#[tokio::test]
async fn v09_what_is_last_known_is_what_was_accepted_also_in_an_outage() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device(SN, House::new()).handler(Driver).start_offline(true);
    let device = builder.connect().await?;
    let receipt = device.set("temp", 21.5).await?;
    assert_eq!((device.last_known("temp")?.value, memory.state(SN, "temperature")), (json!(21.5), None));
    memory.set_registry_away(false);
    receipt.delivered().await?;
    assert_eq!(memory.state(SN, "temperature"), Some(json!(21.5)));
    Ok(device.close().await?)
}
