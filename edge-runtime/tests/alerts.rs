//! Alerts and data against a platform in memory: what is sent, what is refused, what comes again.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_runtime::storage::{SyncEvent, SyncStatus};
use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::Timestamp;
use edge_runtime::{
    Alert, AssetValue, Device, ErrorCause, Format, FormatKind, OutboxConfig, Refusal, Report, ReportError,
    Sending, Severity, StorageObject,
};
use serde_json::{Value, json};

/// The oven is
/// too hot.
///
/// More about it.
#[derive(Alert, Clone)]
#[alert(severity = "critical")]
struct OverTemperature {
    /// What was measured
    #[alert(unit = "°C", min = -40.0, max = 500)]
    temperature: f64,
    note: Option<String>,
}

#[derive(Alert)]
struct DoorOpen;

#[derive(AssetValue, Clone)]
struct Peak {
    frequency: f64,
    amplitude: f64,
}

#[derive(Format)]
#[format(name = "vibration", urn = "urn:example:vibration", description = "A spectrum")]
struct Sample {
    #[format(name = "peaks")]
    found: Vec<Peak>,
    #[format(max = 10)]
    r#type: u8,
}

#[derive(Device, Clone)]
#[device(model = "urn:example:oven:1", alert(OverTemperature, DoorOpen), format(Sample))]
struct Oven {
    #[asset(kind = "sensor", unit = "°C")]
    temperature: f64,
}

async fn oven(memory: &MemoryPlatform) -> OvenDevice {
    memory.platform().device("OVEN-1", Oven { temperature: 20.0 }).connect().await.unwrap()
}

fn hot(temperature: f64) -> OverTemperature {
    OverTemperature { temperature, note: None }
}

async fn sent(memory: &MemoryPlatform, topic: &str) -> Value {
    let message = memory.message(|message| message.topic == topic).await;
    serde_json::from_str(&message.text()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn v39_an_alert_is_sent_with_what_its_type_declares() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    let at: Timestamp = "2031-02-03T04:05:06.789Z".parse().unwrap();
    let receipt = oven.raise(hot(391.5)).at(at).await.unwrap();
    receipt.delivered().await.unwrap();
    let mut alert = sent(&memory, "device/OVEN-1/alert").await;
    assert!(alert["seq"].take().as_u64() > Some(0));
    let expected = json!({
        "at": "2031-02-03T04:05:06.789000Z", "alert": "over-temperature", "severity": "critical",
        "description": "The oven is too hot.", "value": { "temperature": 391.5 }, "session": 1, "seq": null,
    });
    assert_eq!(alert, expected);
    assert_eq!(oven.stats().reports, 1);
    oven.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn v39_an_alert_may_matter_less_this_time_and_need_no_fields() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    oven.raise(DoorOpen).severity(Severity::Low).await.unwrap();
    let alert = sent(&memory, "device/OVEN-1/alert").await;
    assert_eq!((&alert["alert"], &alert["severity"]), (&json!("door-open"), &json!("low")));
    assert_eq!((alert.get("description"), &alert["value"]), (None, &json!({})));
    assert_eq!(DoorOpen::MODEL.severity, Severity::Significant);
    oven.close().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn v40_data_are_sent_with_what_their_format_declares() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    let peak = Peak { frequency: 50.0, amplitude: 0.25 };
    oven.submit(Sample { found: vec![peak], r#type: 3 }).await.unwrap();
    let data = sent(&memory, "device/OVEN-1/data").await;
    assert_eq!((&data["format"], data.get("severity")), (&json!("vibration"), None));
    let peaks = json!([{ "frequency": 50.0, "amplitude": 0.25 }]);
    assert_eq!(data["value"], json!({ "peaks": peaks, "type": 3 }));
    oven.close().await.unwrap();
}

#[test]
fn v39_v40_the_model_has_what_is_declared() {
    let formats = Oven::MODEL.formats;
    let words = |index: usize| (formats[index].name, formats[index].kind, formats[index].urn_in(Oven::MODEL));
    assert_eq!(
        words(0),
        ("over-temperature", FormatKind::Alert, "urn:example:oven:1:over-temperature".into())
    );
    assert_eq!(words(1).0, "door-open");
    assert_eq!(words(2), ("vibration", FormatKind::Data, "urn:example:vibration".into()));
    let [temperature, note] = formats[0].fields else { panic!("{formats:?}") };
    assert_eq!((temperature.description, temperature.is_optional()), ("What was measured", false));
    assert_eq!(temperature.profile().unit.as_deref(), Some("°C"));
    assert_eq!(temperature.profile().limits().to_string(), "-40..500");
    assert!(note.is_optional());
}

/// A field that is mandatory is one of the struct's: without it rustc refuses the program. By name it is an error.
#[tokio::test(start_paused = true)]
async fn o9_what_does_not_fit_is_refused_and_nothing_is_sent() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    let error = oven.raise(hot(501.0)).await.unwrap_err();
    let text = "device `OVEN-1`, alert `over-temperature`, field `temperature`: 501 is above the maximum: the limits \
                are -40..500";
    assert_eq!(error.to_string(), text);
    assert!(matches!(oven.raise(hot(f64::NAN)).await, Err(ReportError::Refused { .. })));
    let late: Timestamp = "-000001-01-01T00:00:00Z".parse().unwrap();
    assert!(matches!(oven.raise(DoorOpen).at(late).await, Err(ReportError::Time { at, .. }) if at == late));
    let many = vec![Peak { frequency: 50.0, amplitude: 0.25 }; 10_000];
    let error = oven.submit(Sample { found: many, r#type: 3 }).await.unwrap_err();
    assert!(matches!(error, ReportError::TooLarge { .. }), "{error}");
    let name = "over-temperature";
    for (fields, reason) in [
        (json!({}), "alert `over-temperature`: the field `temperature` is missing"),
        (json!({ "temperature": null }), "field `temperature`: expected number, found null"),
        (json!({ "temperature": "1" }), "field `temperature`: expected number, found string"),
        (json!({ "temperature": 501 }), "field `temperature`: 501 is above the maximum"),
        (json!({ "temperature": 1, "note": 7 }), "field `note`: expected string, found integer"),
        (json!({ "temperature": 1, "Note": "n" }), "has no field `Note`, only `temperature`, `note`"),
        (json!([1]), "alert `over-temperature`: the fields are no object"),
        (json!(null), "alert `over-temperature`: the fields are no object"),
    ] {
        let error = oven.raise_by_name(name, fields.clone()).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{fields}: {error}");
    }
    let error = oven.raise_by_name("vibration", json!({})).await.unwrap_err();
    let text = "device `OVEN-1` declares no alert `vibration`, only `over-temperature`, `door-open`";
    assert_eq!(error.to_string(), text);
    let error = oven.submit_by_name("vibration", json!({ "peaks": [], "type": 11 })).await.unwrap_err();
    let ReportError::Refused { refusal, .. } = &error else { panic!("{error}") };
    assert!(matches!(**refusal, Refusal::AboveMaximum { .. }), "{error}");
    let seen = memory.messages().into_iter().filter(|message| message.topic.ends_with("alert"));
    assert_eq!(seen.count(), 0);
    assert_eq!(oven.stats().reports, 0);
    oven.close().await.unwrap();
    assert!(matches!(oven.raise(DoorOpen).await, Err(ReportError::Closed { .. })));
}

/// The source clears an alert's fields after `raise()`, so that the next one does not say what the last one said. Here
/// raising consumes the value: what is raised twice is two values.
#[tokio::test(start_paused = true)]
async fn o9_a_raise_consumes_its_alert_and_every_alert_has_its_number() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    let first = hot(400.0);
    oven.raise(first.clone()).await.unwrap();
    oven.raise(first).await.unwrap();
    oven.raise_by_name("over-temperature", json!({ "temperature": 401, "note": "n" })).await.unwrap();
    oven.raise_by_name("over-temperature", json!({ "temperature": 402 })).await.unwrap();
    oven.set_temperature(21.0).await.unwrap().delivered().await.unwrap();
    let alerts: Vec<Value> = memory
        .messages()
        .iter()
        .filter(|message| message.topic == "device/OVEN-1/alert")
        .map(|message| serde_json::from_str(&message.text()).unwrap())
        .collect();
    let values: Vec<_> = alerts.iter().map(|alert| &alert["value"]).collect();
    let (once, noted) = (json!({ "temperature": 400.0 }), json!({ "temperature": 401.0, "note": "n" }));
    assert_eq!(values, [&once, &once, &noted, &json!({ "temperature": 402.0 })]);
    let numbers: Vec<_> = alerts.iter().map(|alert| alert["seq"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    oven.close().await.unwrap();
}

/// An alert whose acknowledgement does not come is sent again, with its number.
#[tokio::test(start_paused = true)]
async fn v39_an_alert_waits_for_a_connection_and_its_receipt_for_the_broker() {
    let memory = MemoryPlatform::new();
    let oven = oven(&memory).await;
    memory.withhold_acknowledgements(true);
    let receipt = oven.raise(hot(400.0)).await.unwrap();
    let mut delivered = Box::pin(receipt.delivered());
    let early = tokio::time::timeout(Duration::from_secs(1), &mut delivered).await;
    assert!(early.is_err(), "the broker has not acknowledged it");
    memory.withhold_acknowledgements(false);
    memory.cut();
    delivered.await.unwrap();
    let numbers: Vec<_> = memory
        .messages()
        .iter()
        .filter(|message| message.topic == "device/OVEN-1/alert")
        .map(|message| serde_json::from_str::<Value>(&message.text()).unwrap()["seq"].clone())
        .collect();
    assert_eq!(numbers.len(), 2, "again after the connection was lost");
    assert_eq!(numbers[0], numbers[1]);
    oven.close().await.unwrap();
}

/// They are stored by default where there is a folder; where there is none they are in memory, as states are, and accepted.
#[tokio::test(start_paused = true)]
async fn v39_an_alert_is_stored_where_there_is_a_folder_and_accepted_where_there_is_none() {
    let memory = MemoryPlatform::new();
    let own = oven(&memory).await;
    memory.withhold_acknowledgements(true);
    let volatile = own.raise(hot(400.0)).await.unwrap();
    assert_eq!((volatile.id(), own.stats().pending), (None, 1));
    memory.withhold_acknowledgements(false);
    memory.cut();
    volatile.delivered().await.unwrap();
    own.close().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
    let stored = platform.device("OVEN-2", Oven { temperature: 20.0 }).connect().await.unwrap();
    assert!(stored.raise(hot(400.0)).await.unwrap().id().is_some());
    stored.close().await.unwrap();
}

#[derive(Alert)]
struct Seen {
    picture: StorageObject,
}

#[derive(Device, Clone)]
#[device(alert(Seen))]
struct Camera {
    #[asset(kind = "sensor")]
    on: bool,
}

#[derive(Device, Clone)]
struct House {
    #[asset(kind = "sensor")]
    armed: bool,
    #[device(child)]
    camera: Camera,
}

/// An alert whose object cannot be stored is not raised, whatever is wrong with it; whoever listens hears of it.
#[tokio::test]
async fn v39_an_alert_with_an_object_that_cannot_be_is_not_raised() {
    let memory = MemoryPlatform::new();
    let camera = memory.platform().device("CAM-1", Camera { on: true }).connect().await.unwrap();
    let mut errors = camera.errors();
    let file = std::env::temp_dir().join(format!("edge-alert-name-{}.jpg", std::process::id()));
    std::fs::write(&file, b"a picture").unwrap();
    let named = |name: &str| StorageObject::file(&file).with_name(name);
    for picture in [
        named("../../etc/passwd"),
        named("a/b"),
        named(".hidden"),
        named(""),
        StorageObject::file(&file).with_metadata("lens", ""),
        StorageObject::file(std::env::temp_dir()),
    ] {
        let error = camera.raise(Seen { picture: picture.clone() }).await.unwrap_err();
        let ReportError::Storage { field: "picture", source, .. } = error else { panic!("{error}") };
        let told = errors.recv().await.unwrap();
        assert!(matches!(&told.cause, ErrorCause::Upload(cause) if *cause == source), "{told}");
    }
    for uri in ["/device/CAM-1/object/../a", "file:///etc/passwd", "/etc/passwd"] {
        let error = camera.raise_by_name("seen", json!({ "picture": { "uri": uri } })).await.unwrap_err();
        assert!(matches!(error, ReportError::Refused { .. }), "{error}");
    }
    // One that is nothing yet is no value.
    let error = camera.raise(Seen { picture: StorageObject::new("a.jpg") }).await.unwrap_err();
    assert!(matches!(error, ReportError::Refused { .. }), "{error}");
    assert_eq!((camera.stats().reports, std::fs::read(&file).unwrap()), (0, b"a picture".to_vec()));
    assert!(memory.messages().iter().all(|message| !message.topic.ends_with("/alert")));
    std::fs::remove_file(file).unwrap();
    camera.close().await.unwrap();
}

/// A content that an alert names is at the platform before the alert is; a child's alerts are on its own topic.
#[tokio::test]
async fn v39_an_alert_waits_for_its_objects_and_a_child_has_alerts_of_its_own() {
    let memory = MemoryPlatform::new();
    let first = House { armed: true, camera: Camera { on: true } };
    let house = memory.platform().device("HOUSE-1", first).connect().await.unwrap();
    let file = std::env::temp_dir().join(format!("edge-alert-{}.jpg", std::process::id()));
    let mut errors = house.camera().errors();
    let events = Arc::<Mutex<Vec<SyncEvent>>>::default();
    let picture = || {
        let events = Arc::clone(&events);
        StorageObject::file(&file).on_sync(move |event| events.lock().unwrap().push(event))
    };
    let gone = Seen { picture: picture() };
    let error = house.camera().raise(gone).await.unwrap_err();
    assert!(matches!(error, ReportError::Storage { field: "picture", .. }), "{error}");
    let told = errors.recv().await.unwrap();
    assert!(matches!(&told.sending, Sending::Alert { name, .. } if name == "seen"), "{told}");
    assert!(matches!(told.cause, ErrorCause::Upload(_)), "{told}");
    std::fs::write(&file, b"a picture").unwrap();
    let seen = Seen { picture: picture() };
    house.camera().raise(seen).await.unwrap().delivered().await.unwrap();
    // What the alert is called, and not its field; each time once.
    let told = std::mem::take(&mut *events.lock().unwrap());
    let told: Vec<_> = told.iter().map(|it| (it.name, it.status, it.device.as_str())).collect();
    let [failed, there] = [SyncStatus::SyncFailed, SyncStatus::InSync];
    let sn = "HOUSE-1-camera";
    assert_eq!(told, [(Some("seen"), failed, sn), (Some("seen"), there, sn)]);
    let alert = sent(&memory, "device/HOUSE-1-camera/alert").await;
    let uri = alert["value"]["picture"]["uri"].as_str().unwrap_or_else(|| panic!("{alert}"));
    assert_eq!(memory.content(uri).as_deref(), Some(&b"a picture"[..]));
    std::fs::remove_file(file).unwrap();
    house.close().await.unwrap();
}
