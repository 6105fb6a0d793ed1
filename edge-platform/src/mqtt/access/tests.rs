//! Tokens at the broker. `DOCK-1` has the drone `DRONE-1`; both are of the organization `ours`, and
//! `GH-2` of another one.

use edge_proto::{AssetType, AssetVendor, Device};

use super::*;
use crate::database_url::DatabaseUrl;
use crate::store::{Declared, Store};

fn device(sn: &str, parent: Option<&str>) -> Device {
    Device {
        sn: sn.into(),
        model: String::new(),
        title: String::new(),
        description: String::new(),
        asset_type: AssetType::Dock,
        vendor: AssetVendor::Unknown,
        parent: parent.map(str::to_owned),
        assets: Vec::new(),
    }
}

async fn access() -> TokenAccess {
    let store = Store::open(&DatabaseUrl::memory()).await.unwrap();
    let leaf = |sn, parent| Declared { device: device(sn, parent), version: 0, children: Vec::new() };
    let dock = Declared { children: vec![leaf("DRONE-1", Some("DOCK-1"))], ..leaf("DOCK-1", None) };
    store.register(&dock, "ours").await.unwrap();
    store.register(&leaf("GH-2", None), "theirs").await.unwrap();
    let tokens = "all dock=DOCK-1 drone=DRONE-1 ours=org:ours".parse().unwrap();
    TokenAccess::new(Authority::new(tokens, store), Secret::new("internal"), "edge-platform".into())
}

fn user(token: &str) -> User {
    let device = |sn| User::Client(Access::Device(DeviceId::new(sn).unwrap()));
    match token {
        "all" => User::Client(Access::All),
        "dock" => device("DOCK-1"),
        "drone" => device("DRONE-1"),
        "ours" => User::Client(Access::Organization("ours".into())),
        "internal" => User::Platform,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn the_user_name_is_the_token() {
    let access = access().await;
    for token in ["all", "dock", "drone", "ours", "internal"] {
        let found = access.connect("c", Some(token), None).await.unwrap();
        assert_eq!(found, user(token));
        assert_eq!(User::from_id(&found.to_id()), Some(found));
    }
    for token in [Some("other"), Some(""), None] {
        assert_eq!(access.connect("c", token, None).await, Err(ReasonCode::NotAuthorized), "{token:?}");
    }
    for id in ["", "DOCK-1", "device:", "device:a/b", "Platform"] {
        assert_eq!(User::from_id(id), None, "{id:?}");
    }
}

#[tokio::test]
async fn nobody_else_gets_the_platforms_client_id() {
    let access = access().await;
    let taken = access.connect("edge-platform", Some("all"), None).await;
    assert_eq!(taken, Err(ReasonCode::ClientIdentifierNotValid));
    assert_eq!(access.connect("edge-platform", Some("internal"), None).await, Ok(User::Platform));
}

#[tokio::test]
async fn nobody_takes_the_place_of_a_device_that_is_not_its_own() {
    let access = access().await;
    for (token, client_id, is_granted) in [
        ("dock", "edge-DOCK-1", true),
        ("dock", "edge-DRONE-1", true),
        ("dock", "edge-GH-2", false),
        ("dock", "edge-NEW", false),
        ("dock", "", true),
        ("dock", "any", true),
        ("drone", "edge-DRONE-1", true),
        ("drone", "edge-DOCK-1", false),
        ("ours", "edge-DOCK-1", true),
        ("ours", "edge-DRONE-1", true),
        ("ours", "edge-GH-2", false),
        ("ours", "edge-NEW", false),
        ("all", "edge-GH-2", true),
    ] {
        let result = access.connect(client_id, Some(token), None).await;
        let expected = is_granted.then(|| user(token)).ok_or(ReasonCode::ClientIdentifierNotValid);
        assert_eq!(result, expected, "{token} {client_id}");
    }
}

#[tokio::test]
async fn topics_filters_and_wills_are_below_ones_own_devices() {
    let access = access().await;
    for (topic, owners) in [
        ("device/DOCK-1/state", &["dock", "ours"][..]),
        ("device/DOCK-1/asset/+/command", &["dock", "ours"]),
        ("device/DRONE-1/#", &["dock", "drone", "ours"]),
        ("device/DRONE-1/presence", &["dock", "drone", "ours"]),
        ("device/GH-2/state", &[]),
        ("device/NEW/state", &[]),
        ("device/DOCK-10/state", &[]),
        ("device/DOCK-1", &[]),
        ("device/+/state", &[]),
        ("device/#", &[]),
        ("#", &[]),
        ("+/DOCK-1/state", &[]),
        ("$share/g/device/DOCK-1/#", &[]),
        ("$SYS/broker", &[]),
        ("", &[]),
    ] {
        for token in ["dock", "drone", "ours"] {
            let is_own = access.is_own(user(token).claim(topic)).await.unwrap();
            assert_eq!(is_own, owners.contains(&token), "{token} {topic}");
            let will = access.connect("c", Some(token), Some(topic)).await;
            assert_eq!(will.is_ok(), is_own, "{token} {topic}");
        }
        assert!(access.is_own(user("all").claim(topic)).await.unwrap(), "{topic}");
    }
}

#[tokio::test]
async fn what_needs_no_look_up_makes_none() {
    let cases = [("all", "device/GH-2/state"), ("dock", "device/DOCK-1/state"), ("internal", "#")];
    for (token, topic) in cases {
        assert_eq!(user(token).claim(topic), Claim::Own, "{token} {topic}");
    }
    assert_eq!(user("ours").claim("device/+/state"), Claim::Foreign);
}

#[tokio::test]
async fn while_the_store_is_away_nobody_is_let_in_and_nothing_is_acknowledged() {
    let access = access().await;
    access.authority.close_for_test().await;
    let away = access.connect("edge-DRONE-1", Some("dock"), None).await;
    assert_eq!(away, Err(ReasonCode::ServerUnavailable));
    assert!(access.connect("edge-DOCK-1", Some("dock"), None).await.is_ok());
    assert!(access.is_own(user("dock").claim("device/DRONE-1/state")).await.is_err());
}
