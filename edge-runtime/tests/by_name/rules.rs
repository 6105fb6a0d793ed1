//! How a device without a struct delivers: the rules that are given to its assets.

use std::time::Duration;

use edge_runtime::model::{AssetRules, Overflow, QoS, Retention, RulesError};
use edge_runtime::policy::{Pipeline, PublishPolicy};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{
    ConnectError, Device, DynamicError, ErrorCause, Kind, ModelDocument, OutboxConfig, PipelineError,
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::world::{ALL, Boiler, Notes, SN, TestResult, World, soon};

#[tokio::test(start_paused = true)]
async fn a_device_tells_and_keeps_as_the_rules_of_its_assets_say() -> TestResult {
    for made in ALL {
        let world = World::start(made).await?;
        let device = &world.device;
        for temperature in [20.25, 20.5, 20.75, 21.0] {
            device.set("temp", temperature).await?.delivered().await?;
        }
        assert_eq!(
            (world.told("temperature"), world.get("temp")),
            (vec![json!(20.75)], json!(21.0)),
            "{made:?}"
        );
        assert_eq!(device.last_known("temp")?.value, 20.75);
        sleep(Duration::from_secs(2)).await;
        device.set("pressure", 1.0).await?.delivered().await?;
        let (held, set) = (device.set("pressure", 2.0).await?, Instant::now());
        assert_eq!(world.told("pressure"), [json!(1.0)]);
        soon(held.delivered()).await?;
        assert_eq!(
            (world.told("pressure"), set.elapsed()),
            (vec![json!(1.0), json!(2.0)], Duration::from_secs(1))
        );
        let receipt = device.set("energy", 1.5).await?;
        assert!(receipt.id().is_some(), "it is on the disk");
        receipt.delivered().await?;
        assert!(device.set("plain", 1.5).await?.id().is_none());
        device.set("seen", true).await?;
        sleep(Duration::from_secs(599)).await;
        assert!(!device.is_stale("seen")?);
        let mut errors = device.errors_of("seen")?;
        sleep(Duration::from_secs(2)).await;
        assert!(device.is_stale("seen")?);
        assert!(matches!(soon(errors.recv()).await.unwrap().cause, ErrorCause::Stale(_)));
        device.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_is_stored_is_delivered_by_the_next_life_of_the_device() -> TestResult {
    for made in ALL {
        let (memory, folder) = (MemoryPlatform::new(), tempfile::tempdir()?);
        let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
        memory.set_registry_away(true);
        let device = made.start(&platform, &Notes::default(), true).await?;
        let receipt = device.set("energy", 7.5).await?.id().cloned().unwrap();
        let _ = device.close().await;
        memory.set_registry_away(false);
        let again = made.start(&platform, &Notes::default(), false).await?;
        again.receipt(&receipt)?.delivered().await?;
        let is_it = |text: &str| text.contains(r#""value":7.5"#);
        assert!(memory.messages().iter().any(|it| is_it(&it.text())), "{made:?}");
        again.close().await?;
    }
    Ok(())
}

fn meter() -> ModelDocument {
    let json = r#"{"urn": "urn:test:meter:1", "name": "Meter", "attributes": [
        {"name": "count", "type": "INTEGER", "range": "0,100", "defaultValue": 1},
        {"name": "offset", "type": "INTEGER"},
        {"name": "power", "type": "NUMBER", "alias": "watts"},
        {"name": "label", "type": "STRING"},
        {"name": "running", "type": "BOOLEAN", "writable": true},
        {"name": "since", "type": "DATETIME"}]}"#;
    ModelDocument::from_json(json).unwrap()
}

const RULES: AssetRules = AssetRules::DEFAULT;

#[tokio::test]
async fn rules_are_refused_that_contradict_each_other_or_their_asset() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let refused = |name: &str, rules: AssetRules| {
        platform.dynamic_device(SN, &meter()).unwrap().rules(name, rules).unwrap_err()
    };
    let error = refused("volts", RULES);
    assert!(matches!(error, DynamicError::UnknownAttribute { .. }), "{error}");
    let deadband = PublishPolicy { deadband: Some(1.0), ..PublishPolicy::NONE };
    let second = Some(Duration::from_secs(1));
    for (name, rules, source) in [
        ("label", AssetRules { publish: deadband, ..RULES }, RulesError::NoNumber),
        ("watts", AssetRules { timeout: second, ..RULES }, RulesError::NotCommandable { kind: Kind::Sensor }),
        (
            "power",
            AssetRules { qos: QoS::AtMostOnce, retention: Retention::Stored, ..RULES },
            RulesError::StoredOnce,
        ),
        (
            "power",
            AssetRules { capacity: Some(1), overflow: Overflow::Latest, ..RULES },
            RulesError::LatestOfMany,
        ),
        ("power", AssetRules { expiry: Some(Duration::MAX), ..RULES }, RulesError::Duration),
    ] {
        let attribute = if name == "watts" { "power" } else { name }.to_owned();
        assert_eq!(refused(name, rules), DynamicError::Rules { attribute, source }, "{name}");
    }
    // What can only be known with the device.
    let stored = AssetRules { retention: Retention::Stored, ..RULES };
    let error = platform.dynamic_device(SN, &meter())?.rules("power", stored)?.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Store(_)), "{error}");
    let of_boiler = Boiler::MODEL.assets.iter().find(|asset| asset.name == "level").unwrap().rules;
    let error =
        platform.dynamic_device(SN, &meter())?.rules("count", of_boiler)?.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Pipeline(PipelineError::Type { asset: "count", .. })), "{error}");
    Ok(())
}

#[tokio::test]
async fn devices_of_one_document_have_rules_of_their_own() -> TestResult {
    let memory = MemoryPlatform::new();
    let platform = memory.platform();
    let on_change = PublishPolicy { on_change: true, ..PublishPolicy::NONE };
    let rules = AssetRules { publish: on_change, ..RULES };
    let quiet = platform.dynamic_device("Q-1", &meter())?.rules("power", RULES)?.rules("watts", rules)?;
    assert!(!quiet.plan().await?.is_in_sync(), "it is not registered yet");
    let quiet = quiet.connect().await?;
    let (same, plain) = (
        platform.dynamic_device("Q-2", &meter())?.rules("power", rules)?.connect().await?,
        platform.dynamic_device("P-1", &meter())?.rules("power", RULES)?.connect().await?,
    );
    for device in [&quiet, &same, &plain] {
        for _ in 0..2 {
            device.set("power", 5.0).await?.delivered().await?;
        }
    }
    let told = |sn: &str| {
        let topic = format!("device/{sn}/asset/power/state");
        memory.messages().iter().filter(|message| message.topic == topic).count()
    };
    assert_eq!(["Q-1", "Q-2", "P-1"].map(told), [1, 1, 2]);
    assert!(std::ptr::eq(quiet.model(), same.model()), "one model for all that have the same rules");
    for device in [quiet, same, plain] {
        device.close().await?;
    }
    Ok(())
}

/// As the page on virtual devices says.
#[tokio::test]
async fn the_values_of_a_document_have_the_types_that_pipelines_name() -> TestResult {
    let platform = MemoryPlatform::new().platform();
    let device = platform.dynamic_device(SN, &meter())?.connect().await?;
    device.set_pipeline("count", Pipeline::<u64>::new().map(|v| v.current::<u64>("count").unwrap() + *v))?;
    device.set_pipeline("offset", Pipeline::<i64>::new().map(|v| -*v))?;
    device.set_pipeline("watts", Pipeline::<f64>::new().map(|v| *v * 1000.0))?;
    device.set_pipeline("label", Pipeline::<String>::new().map(|v| v.to_uppercase()))?;
    device.set_pipeline("running", Pipeline::<bool>::new().map(|v| !*v))?;
    device.set_pipeline("since", Pipeline::<Timestamp>::new())?;
    device.offer("count", 2).await?;
    device.offer("offset", 3).await?;
    device.offer("power", 1.5).await?;
    device.offer("label", "kitchen").await?;
    device.offer("running", false).await?;
    device.offer("since", "2031-02-03T04:05:06Z").await?;
    let values =
        ["count", "offset", "power", "label", "running", "since"].map(|name| device.get(name).unwrap());
    let expected = json!([3, -3, 1500.0, "KITCHEN", true, "2031-02-03T04:05:06Z"]);
    assert_eq!(json!(values), expected);
    Ok(device.close().await?)
}
