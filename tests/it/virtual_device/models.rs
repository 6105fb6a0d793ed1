//! Models as documents, and devices of them that have no struct.

use edge_runtime::document::Attribute;
use edge_runtime::model::OverwritePolicy;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{
    AccessError, Change, ConnectError, Device, DocumentError, DynamicDevice, DynamicError, DynamicHandler,
    FormatKind, HandlerResult, Host, Kind, ModelDocument, SetError, Value,
};
use edge_tests::TestResult;
use serde_json::{Map, json};

use super::house::{House, SN, command, said, start};

const URN: &str = "urn:test:house:1";

/// Of others, as they write it.
fn thermostat() -> ModelDocument {
    ModelDocument::from_json(
        r#"{"urn": "urn:com:x:thermostat", "name": "Thermostat", "description": "Warms", "attributes": [
            {"name": "temp", "type": "NUMBER", "range": "-40,80", "alias": "temperature", "defaultValue": 20},
            {"name": "target", "type": "INTEGER", "range": "5,30", "writable": true},
            {"name": "seen", "type": "DATETIME"},
            {"name": "manual", "type": "URI"},
            {"name": "label", "type": "STRING", "writable": true, "defaultValue": "new"}],
          "actions": [{"name": "boost", "alias": "party", "argType": "INTEGER", "range": "1,60"}],
          "formats": [{"urn": "urn:com:x:hot", "name": "hot", "type": "ALERT", "value": {"fields": [
            {"name": "temp", "type": "NUMBER", "optional": false}, {"name": "note", "type": "STRING", "optional": true}]}}]}"#,
    )
    .unwrap()
}

#[tokio::test]
async fn v22_a_model_is_fetched_by_its_urn_once_a_device_of_it_has_registered() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform();
    assert_eq!(platform.device_model(URN).await?, None);
    let device = start(&memory).await?;
    let model = platform.device_model(URN).await?.expect("the device has put it there");
    assert_eq!(
        (model.urn.as_str(), model.name.as_str(), model.description.as_str()),
        (URN, "House", "Keeps a greenhouse cool.")
    );
    assert_eq!(model, House::MODEL.document());
    assert_eq!(platform.device_model("urn:test:none").await?, None);
    Ok(device.close().await?)
}

#[test]
fn v22_a_model_says_all_that_the_struct_declares() {
    let model = ModelDocument::from_json(&House::MODEL.to_json()).unwrap();
    let find = |name: &str| model.attribute(name).unwrap().clone();
    let Attribute { asset, alias, default } = find("temp");
    assert_eq!(
        (asset.name.as_str(), alias.as_deref(), default),
        ("temperature", Some("temp"), Some(json!(20.0)))
    );
    assert_eq!(asset.profile.to_string(), "number -40..85 °C");
    let writable = |name: &str| find(name).is_writable();
    assert_eq!(["temperature", "sum", "vent", "period"].map(writable), [false, false, true, true]);
    assert_eq!(
        (find("label").default, find("vent").default, find("sum").default),
        (Some(json!("new")), None, None)
    );
    assert_eq!(model.actions[1].arguments[0].name, "offset");
    assert_eq!(model.action("restart").map(|action| action.name.as_str()), Some("reboot"));
}

#[tokio::test]
async fn v23_a_draft_is_not_there_unless_drafts_are_allowed() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let draft = ModelDocument { draft: true, ..thermostat() };
    platform.put_device_model(&draft).await?;
    assert_eq!(platform.device_model(&draft.urn).await?, None);
    let error = platform.dynamic_device(SN, &draft).unwrap_err();
    assert_eq!(error, DynamicError::Draft { urn: draft.urn.clone() });
    let platform = platform.allow_draft_models(true);
    assert_eq!(platform.device_model(&draft.urn).await?.as_ref(), Some(&draft));
    let device = platform.dynamic_device(SN, &draft)?.connect().await?;
    Ok(device.close().await?)
}

#[tokio::test]
async fn v24_a_model_that_was_fetched_is_there_while_the_platform_is_away() -> TestResult {
    let memory = MemoryPlatform::new();
    let folder = tempfile::tempdir()?;
    let models = folder.path().join("models");
    let platform = memory.platform().model_cache(&models);
    platform.put_device_model(&thermostat()).await?;
    assert!(platform.device_model(&thermostat().urn).await?.is_some());
    memory.set_registry_away(true);
    // Another program, later.
    let later = memory.platform().model_cache(&models);
    assert_eq!(later.device_model(&thermostat().urn).await?, Some(thermostat()));
    assert!(later.device_model(URN).await.unwrap_err().is_retryable(), "what was never fetched is not there");
    assert!(memory.platform().device_model(URN).await.is_err(), "nor is anything without a folder");
    // The platform has the last word when it is back.
    memory.set_registry_away(false);
    let newer = ModelDocument { name: "Newer".to_owned(), ..thermostat() };
    platform.put_device_model(&newer).await?;
    assert_eq!(later.device_model(&newer.urn).await?, Some(newer));
    assert_eq!(std::fs::read_dir(&models)?.count(), 1, "one file for a model, and nothing half");
    Ok(())
}

#[tokio::test]
async fn v24_a_file_that_is_no_model_is_as_good_as_none() -> TestResult {
    let memory = MemoryPlatform::new();
    let folder = tempfile::tempdir()?;
    let platform = memory.platform().model_cache(folder.path());
    platform.put_device_model(&thermostat()).await?;
    platform.device_model(&thermostat().urn).await?;
    let file = std::fs::read_dir(folder.path())?.next().unwrap()?.path();
    memory.set_registry_away(true);
    for broken in ["", "{", r#"{"urn": "urn:other", "name": "x"}"#] {
        std::fs::write(&file, broken)?;
        assert!(platform.device_model(&thermostat().urn).await.unwrap_err().is_retryable(), "{broken}");
    }
    Ok(())
}

#[tokio::test]
async fn v25_devices_of_one_model_have_values_of_their_own() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let one = platform.dynamic_device("T-1", &thermostat())?.connect().await?;
    let other = platform.dynamic_device("T-2", &thermostat())?.connect().await?;
    one.set("temp", 30).await?;
    assert_eq!((one.get("temp")?, other.get("temp")?), (json!(30.0), json!(20.0)));
    assert_eq!(one.clone().get("temp")?, 30.0, "a clone is the same device");
    one.close().await?;
    Ok(other.close().await?)
}

#[tokio::test]
async fn v08_a_device_without_a_struct_begins_at_its_defaults() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = memory.platform().dynamic_device(SN, &thermostat())?.first("label", "mine")?;
    let device = builder.connect().await?;
    let values =
        ["temp", "temperature", "target", "seen", "manual", "label"].map(|name| device.get(name).unwrap());
    let expected = [
        json!(20.0),
        json!(20.0),
        json!(5),
        json!("1970-01-01T00:00:00Z"),
        json!("about:blank"),
        json!("mine"),
    ];
    assert_eq!(values, expected);
    assert_eq!(device.last_known("temp")?.value, 20.0);
    assert_eq!(memory.state(SN, "temp"), Some(json!(20.0)), "which is its first state");
    Ok(device.close().await?)
}

#[tokio::test]
async fn a_device_without_a_struct_is_checked_and_told_like_any_other() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = memory.platform().dynamic_device(SN, &thermostat())?.connect().await?;
    device.set("temperature", 21.5).await?.delivered().await?;
    device.begin().set("temp", 22.5)?.set("label", "warm")?.finish().await?.delivered().await?;
    let said = said(&memory);
    assert_eq!(
        (said[0].0.as_str(), said[1].0.as_str()),
        ("device/GH-1/asset/temp/state", "device/GH-1/state")
    );
    assert_eq!(said[1].1["label"]["value"], "warm");
    for (name, value, reason) in [
        ("temp", json!(80.5), "80.5 is above the maximum: the limits are -40..80"),
        ("temp", json!("21"), "expected number, found string"),
        ("target", json!(5.5), "expected integer, found number"),
        ("target", json!(4), "4 is below the minimum: the limits are 5..30"),
        ("manual", json!("a b"), "not a valid uri: not an absolute URI: it contains ' '"),
    ] {
        let error = device.set(name, value.clone()).await.unwrap_err();
        let AccessError::Set(SetError::Refused { refusal, .. }) = error else { panic!("{name}: {error}") };
        assert_eq!(refusal.to_string(), reason, "{name} {value}");
    }
    device.set("seen", "2031-02-03T04:05:06Z").await?;
    assert!(device.set("seen", "yesterday").await.is_err());
    Ok(device.close().await?)
}

#[tokio::test]
async fn a_device_without_a_struct_is_registered_as_one_with_it() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    let registered = memory.registered(SN).unwrap();
    device.close().await?;
    let (writes, model) = (memory.writes(), memory.model(URN).unwrap());
    // Another program takes its place: nothing is to be changed, whatever may be.
    let builder = memory.platform().dynamic_device(SN, &model)?.overwrite_assets(OverwritePolicy::Prune);
    assert!(builder.plan().await?.is_in_sync());
    let device = builder.connect().await?;
    assert_eq!((memory.registered(SN).unwrap(), memory.writes()), (registered, writes));
    Ok(device.close().await?)
}

#[tokio::test]
async fn o5_without_a_handler_commands_are_refused_and_change_nothing() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = memory.platform().dynamic_device(SN, &thermostat())?.connect().await?;
    let outcome = command(&memory, "device/GH-1/asset/target/command", json!({"id": "1", "value": 20})).await;
    assert_eq!(outcome["reason"], "`target`: nobody handles it");
    let boost = json!({"id": "2", "arguments": {"value": 5}});
    let refused = command(&memory, "device/GH-1/action/boost", boost).await;
    assert_eq!((&outcome["status"], &refused["status"]), (&json!("rejected"), &json!("rejected")));
    assert_eq!(device.get("target")?, 5);
    assert!(said(&memory).is_empty());
    Ok(device.close().await?)
}

#[tokio::test]
async fn a_closure_handles_the_commands_of_a_device_without_a_struct() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = memory.platform().dynamic_device(SN, &thermostat())?;
    let handled = builder.handler(async |device: DynamicDevice, name: String, change: Change<Value>| {
        assert_eq!(device.get(&name).unwrap(), change.previous, "the old value");
        match change.value.as_i64() {
            Some(13) => Err("unlucky".into()),
            Some(29) => Ok(json!(99)),
            Some(28) => Ok(json!("warm")),
            _ => Ok(json!(change.value.as_i64().unwrap_or(20).min(25))),
        }
    });
    let device = handled.connect().await?;
    let mut applied = Vec::new();
    for (id, value) in [13, 29, 28, 31, 30].into_iter().enumerate() {
        let payload = json!({"id": id.to_string(), "value": value});
        let outcome = command(&memory, "device/GH-1/asset/target/command", payload).await;
        applied.push((value, outcome["status"].as_str().unwrap().to_owned(), device.get("target")?));
    }
    let expected =
        [(13, "rejected", 5), (29, "failed", 5), (28, "failed", 5), (31, "rejected", 5), (30, "applied", 25)];
    let expected = expected.map(|(value, status, target)| (value, status.to_owned(), json!(target)));
    assert_eq!(applied, expected);
    Ok(device.close().await?)
}

struct Boiler;

impl DynamicHandler for Boiler {
    async fn on_command(
        &mut self,
        _: &DynamicDevice,
        _: &str,
        change: Change<Value>,
    ) -> HandlerResult<Value> {
        Ok(change.value)
    }

    async fn on_action(
        &mut self,
        device: &DynamicDevice,
        name: &str,
        arguments: Map<String, Value>,
    ) -> HandlerResult<()> {
        device.set("label", format!("{name} {}", arguments["value"])).await?;
        Ok(())
    }
}

#[tokio::test]
async fn actions_and_alerts_of_a_document_are_those_of_its_device() -> TestResult {
    let memory = MemoryPlatform::new();
    let device = memory.platform().dynamic_device(SN, &thermostat())?.handler(Boiler).connect().await?;
    let act = |id: &str, arguments: Value| json!({"id": id, "arguments": arguments});
    let topic = "device/GH-1/action/boost";
    let outcome = command(&memory, topic, act("1", json!({"value": 5}))).await;
    assert_eq!((outcome["status"].as_str(), device.get("label")?), (Some("applied"), json!("boost 5")));
    // By the alias, and the handler is told the name.
    let outcome = command(&memory, "device/GH-1/action/party", act("5", json!({"value": 6}))).await;
    assert_eq!((outcome["status"].as_str(), device.get("label")?), (Some("applied"), json!("boost 6")));
    for (id, arguments) in [("2", json!({})), ("3", json!({"value": 61})), ("4", json!({"value": 5, "x": 1}))]
    {
        let outcome = command(&memory, topic, act(id, arguments.clone())).await;
        assert_eq!(outcome["status"], "rejected", "{arguments}");
    }
    let model = device.model().format(FormatKind::Alert, "hot").unwrap();
    assert_eq!((model.urn, model.fields.len()), ("urn:com:x:hot", 2));
    device.raise_by_name("hot", json!({"temp": 81.5})).await?.delivered().await?;
    let alert = memory.message(|message| message.topic == "device/GH-1/alert").await;
    let alert: Value = serde_json::from_slice(&alert.payload)?;
    assert_eq!((&alert["alert"], &alert["value"]), (&json!("hot"), &json!({"temp": 81.5})));
    for wrong in [json!({}), json!({"temp": "hot"}), json!({"temp": 1, "x": 1}), json!({"temp": null})] {
        assert!(device.raise_by_name("hot", wrong.clone()).await.is_err(), "{wrong}");
    }
    Ok(device.close().await?)
}

#[tokio::test]
async fn what_a_program_computes_is_checked_and_told_with_what_it_comes_from() -> TestResult {
    let memory = MemoryPlatform::new();
    let builder = memory.platform().dynamic_device(SN, &House::MODEL.document())?;
    let error = builder.compute("vent", |_| Value::Null).unwrap_err();
    assert!(matches!(error, DynamicError::NotVirtual { kind: Kind::Actuator, .. }), "{error}");
    let builder = memory.platform().dynamic_device(SN, &House::MODEL.document())?;
    let error = builder.compute("some", |_| Value::Null).unwrap_err();
    assert!(matches!(error, DynamicError::UnknownAttribute { .. }), "{error}");
    let builder = memory.platform().dynamic_device(SN, &House::MODEL.document())?;
    let number = |values: &edge_runtime::Dynamic, name: &str| values.get(name).unwrap().as_f64().unwrap();
    let sum = move |values: &_| json!(number(values, "temperature") + number(values, "humidity"));
    let device = builder.compute("sum", sum)?.connect().await?;
    assert_eq!(device.get("sum")?, 70.0);
    device.begin().set("temp", 30)?.finish().await?.delivered().await?;
    assert_eq!(said(&memory).last().unwrap().1["sum"]["value"], 80.0);
    let error = device.begin().set("temp", 85)?.set("humidity", 100)?.finish().await.unwrap_err();
    assert!(matches!(&error, SetError::Refused { asset, .. } if asset == "sum"), "{error}");
    assert_eq!((device.get("temp")?, device.get("sum")?), (json!(30.0), json!(80.0)));
    Ok(device.close().await?)
}

#[tokio::test]
async fn values_that_no_rust_type_has_are_checked_by_their_profile() -> TestResult {
    let profile = json!({"type": "object", "properties": {"on": {"type": "boolean"}, "level": {"type": "integer", "maximum": 9}}});
    let model = json!({"urn": "urn:x", "name": "X", "attributes": [
        {"name": "mode", "type": "STRING", "profile": {"type": "string", "enum": ["eco", "fast"]}},
        {"name": "light", "type": "OBJECT", "profile": profile}]});
    let model = ModelDocument::from_json(&model.to_string())?;
    let device = MemoryPlatform::new().platform().dynamic_device(SN, &model)?.connect().await?;
    assert_eq!((device.get("mode")?, device.get("light")?), (json!("eco"), json!({"on": false, "level": 0})));
    device.begin().set("mode", "fast")?.set("light", json!({"on": true, "level": 9}))?.finish().await?;
    for (name, value, reason) in [
        ("mode", json!("slow"), "`slow` is not one of `eco`, `fast`"),
        ("light", json!({"on": true, "level": 10}), "level: 10 is above the maximum: the limits are ..9"),
        ("light", json!({"on": true}), "the member `level` is missing"),
        ("light", json!(7), "expected object, found integer"),
    ] {
        let error = device.set(name, value.clone()).await.unwrap_err();
        let AccessError::Set(SetError::Refused { refusal, .. }) = error else { panic!("{name}: {error}") };
        assert_eq!(refusal.to_string(), reason, "{name} {value}");
    }
    assert_eq!(device.get("light")?, json!({"on": true, "level": 9}));
    Ok(device.close().await?)
}

#[tokio::test]
async fn a_document_that_makes_no_device_says_why() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let mut twice = thermostat();
    twice.attributes[1].alias = Some("TEMP".to_owned());
    let error = platform.dynamic_device(SN, &twice).unwrap_err();
    assert!(matches!(error, DynamicError::Document(DocumentError::Duplicate { of: "alias", .. })), "{error}");
    let error = platform.dynamic_device(SN, &thermostat())?.first("temp", "warm").unwrap_err();
    assert_eq!(error.to_string(), "`temp`: the first value: expected number, found string");
    let error = platform.dynamic_device(SN, &thermostat())?.first("tmp", 1).unwrap_err();
    assert!(matches!(error, DynamicError::UnknownAttribute { .. }), "{error}");
    let error = platform.dynamic_device("a/b", &thermostat())?.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Model(_)), "{error}");
    Ok(())
}

#[tokio::test]
async fn v29_v30_a_gateway_speaks_for_devices_that_it_has_models_of() -> TestResult {
    let memory = MemoryPlatform::new();
    let host = Host::new(&memory.platform(), "GATEWAY-7")?;
    let one = host.dynamic_device("T-1", &thermostat())?.connect().await?;
    let other = host.dynamic_device("T-2", &thermostat())?.handler(Boiler).connect().await?;
    let part = other.add_dynamic_child("T-2-fan", &thermostat())?.connect().await?;
    assert_eq!(memory.connections(), 1);
    assert_eq!(memory.registered("T-2-fan").unwrap().parent.as_deref(), Some("T-2"));
    for (device, value) in [(&one, 1), (&other, 2), (&part, 3)] {
        device.set("temp", value).await?.delivered().await?;
    }
    let state = |sn: &str| memory.state(sn, "temp");
    assert_eq!(["T-1", "T-2", "T-2-fan"].map(state), [1.0, 2.0, 3.0].map(|value| Some(json!(value))));
    // A command reaches the device that it is for, and no other.
    command(&memory, "device/T-2/asset/target/command", json!({"id": "1", "value": 20})).await;
    assert_eq!(
        [&one, &other, &part].map(|device| device.get("target").unwrap()),
        [json!(5), json!(20), json!(5)]
    );
    Ok(host.close().await?)
}
