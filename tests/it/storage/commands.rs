//! Objects in commands: a handler downloads what the platform names.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_platform::Embedded;
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::{
    Change, Changes, Device, ErrorEvent, ExternalObject, HandlerResult, Platform, StorageObject,
};
use edge_tests::{Http, TestResult};
use jiff::Timestamp;
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
    let mut named = runner.firmware().unwrap();
    assert_eq!((named.metadata().len(), named.date()), (0, None));
    named.set_output_path(&path)?;
    named.sync(&runner.storage()).await?;
    assert_eq!((named.metadata()["version"].as_str(), named.length()), ("7", Some(2 * MIB as u64)));
    let date: Timestamp = said["date"].as_str().unwrap().parse()?;
    assert_eq!(named.date().map(|named| named.as_second()), Some(date.as_second()));

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

/// Takes a picture when it is told to, and returns the file.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:trap:1")]
struct Trap {
    #[asset(kind = "actuator", timeout = "20s")]
    shot: Option<StorageObject>,
    #[asset(kind = "actuator", max = 9)]
    zoom: u8,
}

#[derive(Default)]
struct Shutter {
    file: PathBuf,
    vetoes: bool,
    heard: Arc<Mutex<Vec<String>>>,
}

impl TrapHandler for Shutter {
    async fn on_shot(
        &mut self,
        _: &TrapDevice,
        _: Change<Option<StorageObject>>,
    ) -> HandlerResult<Option<StorageObject>> {
        Ok(Some(StorageObject::file(&self.file).with_content_type("image/jpeg")))
    }

    async fn on_zoom(&mut self, _: &TrapDevice, change: Change<u8>) -> HandlerResult<u8> {
        Ok(change.value)
    }

    async fn on_change(&mut self, _: &TrapDevice, changes: &Changes) -> HandlerResult<()> {
        let Some(shot) = changes.get::<Option<StorageObject>>("shot")? else { return Ok(()) };
        assert_eq!(shot.value.unwrap().input_path(), Some(self.file.as_path()));
        if self.vetoes { Err("not now".into()) } else { Ok(()) }
    }

    async fn on_error(&mut self, _: &TrapDevice, error: &ErrorEvent) {
        self.heard.lock().unwrap().push(error.to_string());
    }
}

const SHOOT: &str = r#"{"id":"1","values":{"zoom":3,"shot":{"uri":"/device/TRAP-1/object/old.jpg"}}}"#;
const SHOT: &str = "/device/TRAP-1/object/new.jpg";

async fn trap(memory: &MemoryPlatform, shutter: Shutter) -> Result<TrapDevice, Box<dyn std::error::Error>> {
    let first = Trap { shot: None, zoom: 0 };
    Ok(memory.platform().device("TRAP-1", first).handler(shutter).connect().await?)
}

async fn answered(memory: &MemoryPlatform) -> Value {
    let outcome = memory.message(|message| message.topic == "device/TRAP-1/outcome").await;
    serde_json::from_slice(&outcome.payload).unwrap()
}

/// As a setter does: it was refused, with the advice to synchronize the object first.
#[tokio::test(start_paused = true)]
async fn v37_a_file_that_a_handler_applies_is_uploaded_and_then_is_the_state() -> TestResult {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("new.jpg");
    std::fs::write(&file, "a picture")?;
    let memory = MemoryPlatform::new();
    let trap = trap(&memory, Shutter { file, ..Shutter::default() }).await?;
    memory.withhold_contents(true);
    memory.publish("device/TRAP-1/command", SHOOT);
    tokio::time::sleep(Duration::from_secs(10)).await;
    // Others do not wait for it.
    assert_eq!((trap.shot(), trap.zoom()), (None, 0));
    memory.withhold_contents(false);
    let outcome = answered(&memory).await;
    let value = &outcome["value"];
    assert_eq!((&outcome["status"], &value["zoom"]), (&json!("applied"), &json!(3)), "{outcome}");
    assert_eq!((&value["shot"]["uri"], &value["shot"]["contentType"]), (&json!(SHOT), &json!("image/jpeg")));
    assert_eq!(memory.content(SHOT).as_deref(), Some(b"a picture".as_slice()));
    let told = memory
        .message(|message| message.topic == "device/TRAP-1/state" && message.text().contains("new.jpg"))
        .await;
    assert!(told.text().contains(SHOT), "{}", told.text());
    assert_eq!((trap.shot().unwrap().uri().as_deref(), trap.zoom()), (Some(SHOT), 3));
    trap.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v37_a_file_of_a_handlers_that_is_not_uploaded_changes_nothing_and_is_told() -> TestResult {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("new.jpg");
    for (case, status, reason) in [
        ("no file", "failed", "cannot be read"),
        ("late", "timeout", "`shot`: what the handler applied was not uploaded within 30s"),
        ("veto", "rejected", "not now"),
    ] {
        let memory = MemoryPlatform::new();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let shutter = Shutter { file: file.clone(), vetoes: case == "veto", heard: Arc::clone(&heard) };
        let trap = trap(&memory, shutter).await?;
        memory.withhold_contents(case == "late");
        memory.publish("device/TRAP-1/command", SHOOT);
        let outcome = answered(&memory).await;
        let said = outcome["reason"].as_str().unwrap_or_default();
        assert!(outcome["status"] == status && said.contains(reason), "{case}: {outcome}");
        assert_eq!((trap.shot(), trap.zoom(), memory.content(SHOT)), (None, 0, None), "{case}");
        let is_told = case == "no file";
        assert_eq!(heard.lock().unwrap().len(), usize::from(is_told), "{case}: {heard:?}");
        // What comes later is handled.
        memory.publish("device/TRAP-1/asset/zoom/command", r#"{"id":"2","value":5}"#);
        memory.message(|message| message.text().contains(r#""id":"2""#)).await;
        assert_eq!(trap.zoom(), 5, "{case}");
        trap.close().await?;
        std::fs::write(&file, "a picture")?;
    }
    Ok(())
}
