//! What real clients do at the broker, and what tokens open there.

use edge_platform::{Config, Server};
use edge_proto::Device;
use edge_proto::connector::v1;

use crate::raw::{Connect, Raw, publish, subscribe};
use crate::support::{SN, connector, greenhouse, http, until, with};

const OWN: &str = "maker:4Own";
const PARENT: &str = "maker:4Parent";
const OURS: &str = "maker:4Ours";
const ALL: &str = "maker:4All";

/// `DOCK-1` with `GH-1`, of the organization `ours`, and `GH-2` of another one.
async fn platform() -> Server {
    let mut config = Config::default();
    config.tokens = "maker:4Own=GH-1 maker:4Parent=DOCK-1 maker:4Ours=org:ours maker:4All".parse().unwrap();
    let server = Server::start(config).await.unwrap();
    for (device, organization) in [
        (greenhouse("DOCK-1"), "ours"),
        (Device { parent: Some("DOCK-1".into()), ..greenhouse(SN) }, "ours"),
        (greenhouse("GH-2"), "theirs"),
    ] {
        let mut asset: v1::Asset = (&device).into();
        asset.organization_id = organization.into();
        let request = v1::RegisterAssetRequest { asset: Some(asset) };
        connector(server.grpc()).await.register_asset(with(Some(ALL), request)).await.unwrap();
    }
    server
}

fn connect(token: &str) -> Connect<'_> {
    Connect { user: Some(token), password: Some(token), ..Connect::default() }
}

async fn connected(server: &Server, token: &str) -> Raw {
    let mut raw = Raw::open(server.embedded_broker().unwrap(), &[connect(token).packet()]).await;
    assert_eq!(raw.connack().await, Some(0), "{token}");
    raw
}

#[tokio::test]
async fn the_token_is_the_user_name_whatever_the_password_and_the_version() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    for password in [Some(OWN), Some("dummyPassword"), Some("arbitrary"), Some(""), None] {
        for level in [4, 5] {
            let connect = Connect { level, password, ..connect(OWN) };
            let mut raw = Raw::open(broker, &[connect.packet()]).await;
            assert_eq!(raw.connack().await, Some(0), "{password:?} {level}");
        }
    }
    for (level, code) in [(4, 5), (5, 0x87)] {
        for user in [Some("other"), Some(""), None] {
            let connect = Connect { level, user, password: None, ..Connect::default() };
            let mut raw = Raw::open(broker, &[connect.packet()]).await;
            assert_eq!(raw.connack().await, Some(code), "{user:?}");
            assert_eq!(raw.next().await, None);
        }
    }
    server.close().await;
}

#[tokio::test]
async fn who_speaks_mqtt_3_1_is_disconnected() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let connect = Connect { protocol: "MQIsdp", level: 3, client_id: "node", ..connect(OWN) };
    assert_eq!(Raw::open(broker, &[connect.packet()]).await.connack().await, None);
    server.close().await;
}

#[tokio::test]
async fn an_empty_client_id_is_replaced_when_the_session_is_clean() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    // Both at once: they got different ids.
    let (mut one, mut other) = (connected(&server, OWN).await, connected(&server, OWN).await);
    for raw in [&mut one, &mut other] {
        raw.send(&subscribe(1, "device/GH-1/#")).await;
        assert!(raw.suback().await);
    }
    let lasting = Connect { is_clean: false, ..connect(OWN) };
    assert_eq!(Raw::open(broker, &[lasting.packet()]).await.connack().await, Some(2));
    server.close().await;
}

#[tokio::test]
async fn what_follows_connect_at_once_is_done_when_it_is_accepted_and_not_otherwise() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let packets = |token| {
        [
            connect(token).packet(),
            subscribe(1, "device/GH-1/asset/+/feed"),
            subscribe(2, "device/GH-1/asset/+/command"),
            publish(3, "device/GH-1/asset/temperature/state", b"21.5", false),
        ]
    };
    let mut refused = Raw::open(broker, &packets("other")).await;
    assert_eq!(refused.connack().await, Some(5));
    assert_eq!(refused.next().await, None);
    assert_eq!(server.counts().stored, 0);
    let mut accepted = Raw::open(broker, &packets(OWN)).await;
    assert_eq!(accepted.connack().await, Some(0));
    assert!(accepted.suback().await && accepted.suback().await);
    assert_eq!(accepted.message().await, ("device/GH-1/asset/temperature/feed".into(), false));
    assert_eq!(server.counts().stored, 1);
    server.close().await;
}

#[tokio::test]
async fn clients_that_say_nothing_hold_nobody_up() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let mut slow = Vec::new();
    for length in 0..60 {
        let packet = connect(OWN).packet();
        slow.push(Raw::open(broker, &[packet[..length % packet.len()].to_vec()]).await);
    }
    let mut raw = connected(&server, OWN).await;
    raw.send(&publish(1, "device/GH-1/asset/temperature/state", b"1", false)).await;
    assert_eq!(raw.next().await, Some((0x40, vec![0, 1])));
    // They have a time to say who they are in; then the broker closes.
    for mut slow in slow {
        assert_eq!(slow.next().await, None);
    }
    server.close().await;
}

#[tokio::test]
async fn topics_are_open_to_those_whose_they_are() {
    let server = platform().await;
    let (_, assets) = http(server.http(), "GET /device/GH-1/assets", Some(ALL), "").await;
    let (_, foreign) = http(server.http(), "GET /device/GH-2/assets", Some(ALL), "").await;
    let by_id = |assets: &serde_json::Value| format!("asset/{}/state", assets[0]["id"].as_str().unwrap());
    let (own_id, foreign_id) = (by_id(&assets), by_id(&foreign));
    let family = &[OWN, PARENT, OURS, ALL][..];
    for (topic, allowed) in [
        ("device/GH-1/asset/temperature/state", family),
        ("device/GH-1/asset/temperature/command", family),
        ("device/GH-1/asset/temperature/event", family),
        ("device/GH-1/state", family),
        ("device/GH-1/asset/+/command", family),
        ("device/GH-1/#", family),
        (&own_id, family),
        ("device/DOCK-1/state", &[PARENT, OURS, ALL]),
        ("device/GH-2/asset/temperature/state", &[ALL]),
        ("device/GH-2/#", &[ALL]),
        (&foreign_id, &[ALL]),
        ("asset/unknown/state", &[ALL]),
        ("asset/+/state", &[ALL]),
        ("device/NEW/state", &[ALL]),
        ("device/GH-10/state", &[ALL]),
        ("device/+/asset/temperature/state", &[ALL]),
        ("device/+/state", &[ALL]),
        ("device/#", &[ALL]),
        ("+/GH-1/state", &[ALL]),
        ("+/+/state", &[ALL]),
        ("#", &[ALL]),
        ("+", &[ALL]),
        ("$share/g/device/GH-1/#", &[ALL]),
        ("$share/g/#", &[ALL]),
        ("$SYS/#", &[ALL]),
        ("device", &[ALL]),
        ("/device/GH-1/state", &[ALL]),
        ("Device/GH-1/state", &[ALL]),
        ("edge/GH-1", &[ALL]),
    ] {
        let mut observer = connected(&server, ALL).await;
        let is_filter = topic.contains(['+', '#', '$']);
        if !is_filter {
            observer.send(&subscribe(1, topic)).await;
            assert!(observer.suback().await);
        }
        for token in [OWN, PARENT, OURS, ALL] {
            let is_allowed = allowed.contains(&token);
            let mut raw = connected(&server, token).await;
            raw.send(&subscribe(1, topic)).await;
            assert_eq!(raw.suback().await, is_allowed, "subscribe {topic} {token}");
            if is_filter {
                continue;
            }
            let will = Connect { will: Some((topic, "1")), ..connect(token) };
            let code = Raw::open(server.embedded_broker().unwrap(), &[will.packet()]).await.connack().await;
            assert_eq!(code == Some(0), is_allowed, "will {topic} {token}");
            if is_allowed {
                assert_eq!(observer.message().await.0, topic, "the will of {token}");
            }
            let mut raw = connected(&server, token).await;
            for is_retained in [false, true] {
                raw.send(&publish(7, topic, b"1", is_retained)).await;
                assert_eq!(raw.next().await, Some((0x40, vec![0, 7])), "publish {topic} {token}");
                if is_allowed {
                    assert_eq!(observer.message().await.0, topic, "the message of {token}");
                }
            }
            let mut late = connected(&server, ALL).await;
            late.send(&subscribe(1, topic)).await;
            assert!(late.suback().await);
            late.send(&[0xc0, 0]).await;
            // A retained message comes before the answer to what was asked behind the subscription.
            let next = late.next().await.unwrap().0;
            assert_eq!(next & 0xf0 == 0x30, is_allowed, "retained {topic} {token}");
            let mut cleaner = connected(&server, ALL).await;
            cleaner.send(&publish(8, topic, b"", true)).await;
            assert_eq!(cleaner.next().await, Some((0x40, vec![0, 8])));
            // The cleaner's message arrives, and nothing else.
            assert_eq!(observer.message().await.0, topic);
            observer.send(&[0xc0, 0]).await;
            while let (kind, _) = observer.next().await.unwrap()
                && kind != 0xd0
            {
                assert_eq!(kind, 0x40, "{token} got something through to {topic}");
            }
        }
    }
    server.close().await;
}

#[tokio::test]
async fn a_client_id_in_use_is_taken_over_by_its_user_only() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let named = |token| Connect { client_id: "dev1", ..connect(token) };
    let mut first = Raw::open(broker, &[named(OWN).packet(), subscribe(1, "device/GH-1/#")]).await;
    assert_eq!(first.connack().await, Some(0));
    assert!(first.suback().await);
    for token in [PARENT, OURS] {
        assert_eq!(Raw::open(broker, &[named(token).packet()]).await.connack().await, Some(2), "{token}");
    }
    for client_id in ["edge-GH-2", "edge-platform"] {
        let connect = Connect { client_id, ..connect(OWN) };
        assert_eq!(Raw::open(broker, &[connect.packet()]).await.connack().await, Some(2), "{client_id}");
    }
    first.send(&[0xc0, 0]).await;
    assert_eq!(first.next().await, Some((0xd0, Vec::new())));
    let mut second = Raw::open(broker, &[named(OWN).packet(), subscribe(1, "device/GH-1/#")]).await;
    assert_eq!(second.connack().await, Some(0));
    assert!(second.suback().await);
    // Told with MQTT 5's DISCONNECT, whatever it speaks, and then closed.
    while first.next().await.is_some() {}
    drop(second);
    until(async || Raw::open(broker, &[named(PARENT).packet()]).await.connack().await == Some(0)).await;
    server.close().await;
}

#[tokio::test]
async fn commands_and_feeds_are_never_retained_and_events_are_passed_on() {
    let server = platform().await;
    let broker = server.embedded_broker().unwrap();
    let mut device = connected(&server, OWN).await;
    device.send(&subscribe(1, "device/GH-1/asset/+/event")).await;
    device.send(&subscribe(2, "device/GH-1/asset/+/command")).await;
    assert!(device.suback().await && device.suback().await);
    let mut app = connected(&server, ALL).await;
    app.send(&publish(1, "device/GH-1/asset/temperature/event", br#"{"value":"opened"}"#, false)).await;
    assert_eq!(device.message().await.0, "device/GH-1/asset/temperature/event");
    let body = r#"{"value":5,"timeout":"0s"}"#;
    let (status, reply) = http(server.http(), "PUT /device/GH-1/asset/vent/command", Some(ALL), body).await;
    assert_eq!((status, &reply["status"]), (202, &"sent".into()));
    assert_eq!(device.message().await.0, "device/GH-1/asset/vent/command");
    device.send(&publish(3, "device/GH-1/asset/temperature/state", b"1", false)).await;
    until(async || server.counts().stored == 1).await;
    let mut late = Raw::open(broker, &[connect(ALL).packet(), subscribe(1, "#"), vec![0xc0, 0]]).await;
    assert_eq!(late.connack().await, Some(0));
    assert!(late.suback().await);
    assert_eq!(late.next().await.unwrap().0, 0xd0, "something was retained");
    assert_eq!(server.counts().refused, 0);
    server.close().await;
}
