//! States as others write them, and what must not be read as one.

use edge_platform::{Config, Embedded, Server};
use edge_proto::payload::MAX_BYTES;
use edge_proto::{Asset, Kind, Profile, ValueType};
use serde_json::json;

use crate::device::Device;
use crate::support::{SN, get, greenhouse, next_state, register, until};

/// Topic and payload, then what is stored: asset, value, and the time if it is given.
type Case<'a> = (&'a str, Vec<u8>, &'a str, &'a str, Option<&'a str>);

const STATE: &str = "device/GH-1/asset/temperature/state";

#[tokio::test]
async fn states_come_as_json_csv_and_cbor_and_are_echoed_as_json() {
    let platform = Embedded::start().await.unwrap();
    let mut greenhouse = greenhouse(SN);
    let geo = Profile { maximum: None, ..Profile::new(ValueType::Object) };
    greenhouse.assets.push(Asset {
        name: "place".into(),
        kind: Kind::Sensor,
        profile: geo,
        ..greenhouse.assets[0].clone()
    });
    register(platform.grpc(), &greenhouse).await;
    let (_, asset) = get(platform.http(), "/device/GH-1/asset/vent").await;
    let by_id = format!("asset/{}/state", asset["id"].as_str().unwrap());
    let mut observer = Device::connect(platform.mqtt(), None, None).await.unwrap();
    assert!(observer.subscribe("device/GH-1/asset/+/feed").await);
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    let cases: [Case<'_>; 9] = [
        (
            STATE,
            br#"{"Value":21.5,"At":"2031-02-03T04:05:06.789+00:00"}"#.into(),
            "temperature",
            "21.5",
            Some("2031-02-03T04:05:06.789Z"),
        ),
        (STATE, b"0|23.5".into(), "temperature", "23.5", None),
        (STATE, b"1500000000|-4".into(), "temperature", "-4", Some("2017-07-14T02:40:00Z")),
        (STATE, b"7".into(), "temperature", "7", None),
        (STATE, b"\xf9\x3e\x00".into(), "temperature", "1.5", None),
        (&by_id, b"0|55".into(), "vent", "55", None),
        // Tag 120 with a time and a place, and a place as a value.
        (
            "device/GH-1/state",
            b"\xd8\x78\x82\xa1\x64vent\x18\x21\xc1\x1a\x59\x68\x2f\x00".into(),
            "vent",
            "33",
            Some("2017-07-14T02:40:00Z"),
        ),
        (
            "device/GH-1/state",
            b"\xa1\x65place\xd8\x67\x82\x01\xf9\x3e\x00".into(),
            "place",
            r#"{"latitude":1.0,"longitude":1.5}"#,
            None,
        ),
        ("device/GH-1/state", br#"{"vent":{"value":5},"temperature":3}"#.into(), "vent", "5", None),
    ];
    for (topic, payload, asset, value, at) in cases {
        device.publish(topic, payload.clone()).await;
        let (topic, feed, publish) = observer.message().await;
        assert_eq!(topic, format!("device/GH-1/asset/{asset}/feed"), "{payload:?}");
        assert_eq!(feed["value"].to_string(), value, "{payload:?}");
        assert!(at.is_none_or(|at| feed["at"] == at), "{payload:?}: {feed}");
        assert!(!publish.retain);
        let (_, stored) = get(platform.http(), &format!("/device/GH-1/asset/{asset}/state")).await;
        assert_eq!(stored["state"], feed, "{payload:?}");
    }
    assert_eq!(observer.message().await.1["value"], json!(3));
    platform.close().await;
}

#[tokio::test]
async fn a_device_reports_by_the_ids_of_its_own_assets_only() {
    let mut config = Config::default();
    config.tokens = "all own=GH-1".parse().unwrap();
    let server = Server::start(config).await.unwrap();
    let mut ids = Vec::new();
    for sn in ["GH-1", "GH-2"] {
        let request =
            edge_proto::connector::v1::RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
        let request = crate::support::with(Some("all"), request);
        crate::support::connector(server.grpc()).await.register_asset(request).await.unwrap();
        let assets = server.assets(sn).await.unwrap();
        ids.push(assets[0].id.clone());
    }
    let mut states = server.states();
    let mut device = Device::connect(server.embedded_broker().unwrap(), Some("own"), None).await.unwrap();
    for id in [&ids[1], "unknown", &ids[0]] {
        device.publish(&format!("asset/{id}/state"), "5").await;
    }
    assert_eq!(next_state(&mut states).await, ("temperature".into(), "5".into()));
    assert!(server.state("GH-2", "temperature").await.unwrap().is_none());
    let mut master = Device::connect(server.embedded_broker().unwrap(), Some("all"), None).await.unwrap();
    master.publish("asset/unknown/state", "5").await;
    until(async || server.counts().refused == 1).await;
    server.close().await;
}

#[tokio::test]
async fn what_is_no_state_is_refused_counted_and_forgotten() {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    let object = |keys: usize| {
        format!("{{{}}}", (0..keys).map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(","))
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        (STATE, b"".into()),
        (STATE, br#"{"value":"#.into()),
        (STATE, br#"{"value":21.5"#.into()),
        (STATE, br#"{"at":"2031-02-03T04:05:06Z"}"#.into()),
        (STATE, br#"{"value":1,"at":"0000-01-01T00:00:00Z"}"#.into()),
        (STATE, br#"{"value":1,"at":"10000-01-01T00:00:00Z"}"#.into()),
        (STATE, b"-62167219200|1".into()),
        (STATE, b"253402300800|1".into()),
        (STATE, br#"{"value":NaN}"#.into()),
        (STATE, br#"{"value":1e999}"#.into()),
        (STATE, b"0|NaN".into()),
        (STATE, b"\xf9\x7e\x00".into()),
        (STATE, br#"{"value":"warm"}"#.into()),
        (STATE, br#"{"value":true}"#.into()),
        (STATE, br#"{"value":null}"#.into()),
        (STATE, br#"{"value":86}"#.into()),
        (STATE, b"\xa1\x65value".into()),
        (STATE, b"\xd8\x78\x9b\x10\x00\x00\x00\x00\x00\x00\x00".into()),
        (STATE, b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff".into()),
        (STATE, "[".repeat(10_000).into()),
        (STATE, ["[".repeat(10_000), "]".repeat(10_000)].concat().into()),
        (STATE, [vec![0x81; 10_000], vec![1]].concat()),
        (STATE, [vec![0xd8, 120], vec![0xc6; 10_000], vec![1]].concat()),
        (STATE, format!(r#"{{"value":"{}"}}"#, "x".repeat(MAX_BYTES)).into()),
        (STATE, format!(r#"{{"value":{}}}"#, object(10_000)).into()),
        ("device/GH-1/state", object(28_000).into()),
        ("device/GH-1/state", b"\xa1\x61".into()),
        ("device/GH-1/state", br#"{"temperature":1,"temperature":2}"#.into()),
        ("device/GH-1/state", br#"{"temperature":{"at":"2031-02-03T04:05:06Z"}}"#.into()),
        ("device/GH-1/state", b"0|1".into()),
        ("device/GH-1/asset/nothing/state", b"1".into()),
        ("device/GH-2/asset/temperature/state", b"1".into()),
    ];
    for (topic, payload) in cases {
        let before = platform.counts();
        device.publish(topic, payload.clone()).await;
        until(async || platform.counts().refused > before.refused).await;
        let text = String::from_utf8_lossy(&payload[..payload.len().min(40)]).into_owned();
        assert_eq!(platform.counts().stored, 0, "{text}");
    }
    assert!(platform.state(SN, "temperature").await.unwrap().is_none());
    // The connection is as it was, and so is the platform.
    let mut states = platform.states();
    device.publish(STATE, "1").await;
    assert_eq!(next_state(&mut states).await.1, "1");
    platform.close().await;
}

#[tokio::test]
async fn a_message_of_a_million_keys_ends_its_connection_and_nothing_else() {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let mut states = platform.states();
    let keys = (0..1_000_000).map(|n| format!("\"{n}\":1")).collect::<Vec<_>>().join(",");
    let mut bad = crate::raw::Raw::open(
        platform.mqtt(),
        &[
            crate::raw::Connect::default().packet(),
            crate::raw::publish(1, "device/GH-1/state", format!("{{{keys}}}").as_bytes(), false),
        ],
    )
    .await;
    assert_eq!(bad.connack().await, Some(0));
    // Larger than what the broker takes.
    assert_eq!(bad.next().await, None);
    let mut device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    device.publish(STATE, "1").await;
    assert_eq!(next_state(&mut states).await.1, "1");
    platform.close().await;
}
