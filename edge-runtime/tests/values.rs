//! Values of every type by name: what is one arrives as it is, what is none changes nothing; and how large they may be.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

use std::time::Duration;

use edge_runtime::testing::MemoryPlatform;
use edge_runtime::types::{Bytes, Timestamp, Uuid};
use edge_runtime::{
    AccessError, Alert, AssetValue, Device, ExternalObject, GeoLocation, Refusal, ReportError, SetError,
    StorageObject,
};
use serde_json::{Value, json};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

const SN: &str = "ALL-1";

#[derive(AssetValue, Clone, Debug, PartialEq)]
enum Mode {
    Eco,
    Fast,
}

#[derive(AssetValue, Clone, Debug, PartialEq)]
struct Lamp {
    on: bool,
    level: u8,
}

/// One asset of each type.
#[derive(Device, Clone, Debug, PartialEq)]
#[device(alert(Torn))]
struct All {
    #[asset]
    boolean: bool,
    #[asset]
    integer: i16,
    #[asset]
    number: f64,
    #[asset(alias = "label")]
    text: String,
    #[asset]
    time: Timestamp,
    #[asset]
    duration: Duration,
    #[asset]
    uuid: Uuid,
    #[asset]
    bytes: Bytes,
    #[asset]
    place: GeoLocation,
    #[asset]
    link: ExternalObject,
    #[asset]
    object: Option<StorageObject>,
    #[asset]
    list: Vec<i64>,
    #[asset]
    maybe: Option<bool>,
    #[asset]
    mode: Mode,
    #[asset]
    lamp: Lamp,
    #[asset]
    more: String,
}

/// With a text of any length.
#[derive(Alert)]
struct Torn {
    text: String,
}

fn first() -> Result<All> {
    Ok(All {
        boolean: false,
        integer: 0,
        number: 0.0,
        text: String::new(),
        time: Timestamp::UNIX_EPOCH,
        duration: Duration::ZERO,
        uuid: Uuid::nil(),
        bytes: Bytes::new(),
        place: json_as(json!({"latitude": 0.0, "longitude": 0.0}))?,
        link: "https://example.org/".parse()?,
        object: None,
        list: Vec::new(),
        maybe: None,
        mode: Mode::Eco,
        lamp: Lamp { on: false, level: 0 },
        more: String::new(),
    })
}

fn json_as<T: AssetValue>(json: Value) -> Result<T> {
    Ok(T::decode(json).map_err(|refusal| refusal.to_string())?)
}

async fn start(memory: &MemoryPlatform) -> Result<AllDevice> {
    let all = memory.platform().device(SN, first()?).connect().await?;
    memory.message(|message| message.topic == format!("device/{SN}/state")).await;
    Ok(all)
}

/// How many messages the device has sent.
fn sent(memory: &MemoryPlatform) -> usize {
    memory.messages().len()
}

/// What the platform calls them in JSON is what a name takes, and nothing else.
#[tokio::test(start_paused = true)]
async fn v03_v31_values_of_every_type_by_name() -> Result {
    let memory = MemoryPlatform::new();
    let all = start(&memory).await?;
    let object = json!({"uri": "/device/ALL-1/object/a.bin", "name": "a.bin", "contentType": "text/plain"});
    for (name, value) in [
        ("boolean", json!(true)),
        ("integer", json!(-7)),
        ("number", json!(7.5)),
        ("text", json!("seven")),
        ("time", json!("2031-02-03T04:05:06.789Z")),
        ("duration", json!("PT1M30S")),
        ("uuid", json!("936da01f-9abd-4d9d-80c7-02af85c822a8")),
        ("bytes", json!("AAEC/w==")),
        ("place", json!({"latitude": 51.5, "longitude": -0.25})),
        ("link", json!("urn:isbn:0451450523")),
        ("object", object),
        ("list", json!([1, 2, 3])),
        ("maybe", json!(true)),
        ("maybe", json!(null)),
        ("mode", json!("fast")),
        ("lamp", json!({"on": true, "level": 9})),
    ] {
        all.set(name, value.clone()).await?.delivered().await?;
        assert_eq!((all.get(name)?, memory.state(SN, name)), (value.clone(), Some(value)), "{name}");
    }
    // In whatever zone it is said, a time is the same.
    all.set("time", "2031-02-03T06:05:06+02:00").await?;
    assert_eq!(all.time().to_string(), "2031-02-03T04:05:06Z");
    all.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn v03_v31_what_is_no_value_of_the_type_is_refused_and_changes_nothing() -> Result {
    let memory = MemoryPlatform::new();
    let all = start(&memory).await?;
    let (before, count) = (all.snapshot(), sent(&memory));
    let date = "not a valid date-time: ";
    for (name, value, reason) in [
        ("boolean", json!(1), "expected boolean, found integer"),
        ("boolean", json!("true"), "expected boolean, found string"),
        ("integer", json!(7.5), "expected integer, found number"),
        ("integer", json!("7"), "expected integer, found string"),
        ("integer", json!(32_768), "32768 is above the maximum: the limits are -32768..32767"),
        ("number", json!("7.5"), "expected number, found string"),
        ("number", json!(true), "expected number, found boolean"),
        ("text", json!(7), "expected string, found integer"),
        ("text", json!(null), "expected string, found null"),
        ("time", json!(1_795_242_709_165_u64), "expected string, found integer"),
        ("time", json!(0), "expected string, found integer"),
        ("time", json!(true), "expected string, found boolean"),
        ("time", json!({"at": 0}), "expected string, found object"),
        ("time", json!(null), "expected string, found null"),
        ("time", json!("yesterday"), date),
        ("time", json!(""), date),
        ("time", json!("1795242709165"), date),
        ("time", json!("2031-02-30T00:00:00Z"), date),
        ("time", json!("2031-02-03T04:05:06"), date),
        ("duration", json!(90), "expected string, found integer"),
        ("duration", json!("-PT1S"), "not a valid duration: "),
        ("duration", json!("long"), "not a valid duration: "),
        ("uuid", json!("936da01f"), "not a valid uuid: "),
        ("bytes", json!("A"), "not a valid byte: "),
        ("bytes", json!([1, 2]), "expected string, found array"),
        ("place", json!({"latitude": 51.5}), "the member `longitude` is missing"),
        ("place", json!({"latitude": 91, "longitude": 0}), "latitude: 91 is above the maximum"),
        ("place", json!([51.5, 0]), "expected object, found array"),
        ("link", json!(7), "expected string, found integer"),
        ("link", json!(null), "expected string, found null"),
        ("link", json!({"uri": "https://example.org/"}), "expected string, found object"),
        ("link", json!(""), "not a valid uri: "),
        ("link", json!("manual.pdf"), "not a valid uri: not an absolute URI"),
        ("link", json!("//example.org/"), "not a valid uri: not an absolute URI"),
        ("link", json!("https://example.org/a b"), "not a valid uri: not an absolute URI: it contains ' '"),
        ("link", json!("https://example.org/\n"), "not a valid uri: not an absolute URI: it contains '\\n'"),
        ("object", json!("/device/ALL-1/object/a.bin"), "expected object, found string"),
        ("object", json!({"name": "a.bin"}), "the member `uri` is missing"),
        ("object", json!({"uri": "/device/ALL-1/object/../../etc"}), "uri: not a valid object address: "),
        ("object", json!({"uri": "/etc/passwd"}), "uri: not a valid object address: "),
        ("object", json!({"uri": "file:///etc/passwd"}), "uri: not a valid object address: "),
        ("list", json!([1, "2"]), "1: expected integer, found string"),
        ("list", json!(1), "expected array, found integer"),
        ("maybe", json!("no"), "expected boolean, found string"),
        ("mode", json!("Fast"), "`Fast` is not one of `eco`, `fast`"),
        ("mode", json!(1), "expected string, found integer"),
        ("lamp", json!({"on": true}), "the member `level` is missing"),
        ("lamp", json!({"on": 1, "level": 1}), "on: expected boolean, found integer"),
        ("lamp", json!({"on": true, "level": 256}), "level: 256 is above the maximum"),
    ] {
        let error = all.set(name, value.clone()).await.unwrap_err();
        let AccessError::Set(SetError::Refused { device, asset, refusal }) = error else {
            panic!("{name} {value}: {error}")
        };
        assert_eq!((device.as_str(), asset.as_str()), (SN, name));
        assert!(refusal.to_string().starts_with(reason), "{name} {value}: {refusal}");
        let mut transaction = all.begin();
        assert!(transaction.set(name, value.clone()).is_err() && transaction.is_empty(), "{name} {value}");
    }
    assert_eq!((all.snapshot(), sent(&memory)), (before, count));
    all.close().await?;
    Ok(())
}

// ---- how large they may be

/// More than any payload may have.
const HUGE: usize = 300 * 1024;

#[track_caller]
fn too_large(error: &SetError) {
    let SetError::Refused { refusal: Refusal::TooLarge { bytes, limit }, .. } = error else {
        panic!("{error}")
    };
    assert!(bytes > limit && *limit <= 256 * 1024, "{error}");
}

#[tokio::test(start_paused = true)]
async fn v53_what_is_too_large_is_refused_on_every_way_and_changes_nothing() -> Result {
    let memory = MemoryPlatform::new();
    let all = start(&memory).await?;
    let (before, count) = (all.snapshot(), sent(&memory));
    let huge = || "x".repeat(HUGE);
    too_large(&all.set_text(huge()).await.unwrap_err());
    too_large(&all.offer_text(huge()).await.unwrap_err());
    too_large(&all.update(|all| all.text = huge()).await.unwrap_err());
    too_large(&all.begin().set_text(huge()).map(drop).unwrap_err());
    for name in ["text", "label"] {
        let AccessError::Set(error) = all.set(name, huge()).await.unwrap_err() else { panic!("{name}") };
        too_large(&error);
        let AccessError::Set(error) = all.begin().set(name, huge()).map(drop).unwrap_err() else {
            panic!("{name}")
        };
        too_large(&error);
    }
    // A name that is as long is no asset, and its error is short.
    let error = all.set(&huge(), 1).await.unwrap_err();
    assert!(matches!(error, AccessError::UnknownAsset { .. }));
    let raised = all.raise(Torn { text: huge() }).await.unwrap_err();
    let by_name = all.raise_by_name("torn", json!({ "text": huge() })).await.unwrap_err();
    for error in [raised, by_name] {
        let ReportError::TooLarge { bytes, limit, .. } = error else { panic!("{error}") };
        assert!(bytes > limit);
    }
    assert_eq!((all.snapshot(), sent(&memory), all.stats().reports), (before, count, 0));
    all.close().await?;
    Ok(())
}

/// Each of two fits, and both together do not: a transaction is one message.
#[tokio::test(start_paused = true)]
async fn v53_a_transaction_that_is_too_large_is_refused_as_a_whole() -> Result {
    let memory = MemoryPlatform::new();
    let all = start(&memory).await?;
    let (before, count) = (all.snapshot(), sent(&memory));
    let half = || "x".repeat(150 * 1024);
    let update = all.update(|all| (all.text, all.more, all.boolean) = (half(), half(), true));
    too_large(&update.await.unwrap_err());
    let mut transaction = all.begin();
    transaction.set_text(half())?.set_boolean(true)?.set("more", half())?;
    too_large(&transaction.finish().await.unwrap_err());
    assert_eq!((all.snapshot(), sent(&memory)), (before, count));
    // One after the other they go.
    all.set_text(half()).await?;
    all.set_more(half()).await?.delivered().await?;
    assert_eq!(memory.state(SN, "more"), Some(json!(half())));
    all.close().await?;
    Ok(())
}

/// The largest that a setter takes is the largest that arrives; one byte more is refused.
#[tokio::test(start_paused = true)]
async fn v53_the_largest_value_arrives_and_one_byte_more_does_not() -> Result {
    let memory = MemoryPlatform::new();
    let all = start(&memory).await?;
    let SetError::Refused { refusal: Refusal::TooLarge { bytes, limit }, .. } =
        all.set_text("x".repeat(HUGE)).await.unwrap_err()
    else {
        panic!("it is too large")
    };
    assert_eq!(bytes, HUGE + 2, "as JSON, with its quotation marks");
    all.set_text("x".repeat(limit - 2)).await?.delivered().await?;
    too_large(&all.set_text("y".repeat(limit - 1)).await.unwrap_err());
    assert_eq!(memory.state(SN, "text"), Some(json!("x".repeat(limit - 2))));
    let longest = memory.messages().iter().map(|message| message.payload.len()).max();
    assert!(longest <= Some(256 * 1024), "{longest:?}");
    // Each of these characters is six bytes in JSON, and the limit is one of those.
    too_large(&all.set_text("\u{1}".repeat(limit / 6 + 1)).await.unwrap_err());
    all.close().await?;
    Ok(())
}
