//! Objects in commands: a handler downloads what the platform names.

use std::path::PathBuf;

use edge_platform::Embedded;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{Change, Device, ExternalObject, HandlerResult, Platform, StorageObject};
use edge_tests::{Http, TestResult};
use serde_json::{Value, json};

use super::{MIB, noise};

/// Runs what it is given.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:runner:1")]
struct Runner {
    #[asset(kind = "actuator")]
    firmware: Option<StorageObject>,
    #[asset(kind = "sensor")]
    manual: Option<ExternalObject>,
}

struct Flash(PathBuf);

impl RunnerHandler for Flash {
    async fn on_firmware(
        &mut self,
        device: &RunnerDevice,
        change: Change<Option<StorageObject>>,
    ) -> HandlerResult<Option<StorageObject>> {
        if let Some(firmware) = &change.value {
            firmware.download(&device.storage(), &self.0).await?;
        }
        Ok(change.value)
    }
}

fn runner() -> Runner {
    Runner { firmware: None, manual: None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v31_v34_a_handler_downloads_what_a_command_names() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("fw.bin");
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url());
    let platform = platform.http(embedded.http_url()).build()?;
    let runner = platform.device("RUN-1", runner()).handler(Flash(path.clone())).connect().await?;
    let http = Http::new(embedded.http_url());

    let content = noise(2 * MIB);
    let url = format!("{}/device/RUN-1/object/fw.bin", http.url());
    let put = reqwest::Client::new().put(url).header("x-object-meta-version", "7").body(content.clone());
    let said: Value = put.send().await?.json().await?;
    let outcome = http.command("RUN-1", "firmware", said.clone()).await?;
    assert_eq!((outcome["status"].as_str(), &outcome["value"]), (Some("applied"), &said), "{outcome}");
    assert_eq!(std::fs::read(&path)?, content);
    assert_eq!(runner.firmware().unwrap().metadata()["version"], "7");

    // Its address is enough.
    std::fs::remove_file(&path)?;
    let outcome = http.command("RUN-1", "firmware", json!({"uri": said["uri"]})).await?;
    assert_eq!((outcome["status"].as_str(), std::fs::read(&path)?), (Some("applied"), content), "{outcome}");

    for (value, status, reason) in [
        (json!({"uri": "/device/RUN-1/object/none"}), "rejected", "has no /device/RUN-1/object/none"),
        (json!({"uri": "/device/RUN-1/object/../../x"}), "rejected", "uri: not a valid object address"),
        (
            json!({"uri": "http://example.org/device/RUN-1/object/x"}),
            "rejected",
            "uri: not a valid object address",
        ),
        (json!({"name": "fw.bin"}), "rejected", "the member `uri` is missing"),
        (json!({"uri": said["uri"], "sha256": "0".repeat(64)}), "rejected", "is another one by now"),
    ] {
        let outcome = http.command("RUN-1", "firmware", value).await?;
        let said = outcome["reason"].as_str().or(outcome["error"].as_str()).unwrap_or_default();
        assert!(outcome["status"] == status && said.contains(reason), "{outcome}");
    }
    let manual: ExternalObject = "https://example.org/manual.pdf".parse()?;
    runner.set_manual(Some(manual)).await?.delivered().await?;
    let manual = http.wait_for_state("RUN-1", "manual", Value::is_string).await;
    assert_eq!(manual, "https://example.org/manual.pdf");
    runner.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn in_memory_it_is_the_same() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("fw.bin");
    let memory = MemoryPlatform::new();
    let runner = memory.platform().device("RUN-1", runner()).handler(Flash(path.clone())).connect().await?;
    memory.put_content("/device/RUN-1/object/fw.bin", "firmware");
    memory.publish(
        "device/RUN-1/asset/firmware/command",
        r#"{"id":"1","value":{"uri":"/device/RUN-1/object/fw.bin"}}"#,
    );
    let outcome = memory.message(|message| message.topic == "device/RUN-1/outcome").await;
    assert!(outcome.text().contains("\"applied\""), "{}", outcome.text());
    assert_eq!(std::fs::read(&path)?, b"firmware");
    runner.close().await?;
    Ok(())
}
