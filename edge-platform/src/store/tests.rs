//! The store against SQLite in memory and in a file.

use edge_proto::model::{Asset, AssetType, Device, Kind};
use edge_proto::payload::{Presence, PresenceStatus, Stamp};
use edge_proto::{Profile, ValueType, digest};
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::*;

fn asset(name: &str, value_type: ValueType) -> Asset {
    Asset {
        name: name.into(),
        kind: Kind::Sensor,
        title: name.into(),
        description: String::new(),
        profile: Profile { maximum: Some(100.into()), ..Profile::new(value_type) },
    }
}

fn device() -> Device {
    Device {
        sn: "GH-1".into(),
        model: "urn:example:greenhouse:1".into(),
        title: "Greenhouse".into(),
        description: String::new(),
        asset_type: AssetType::Sensor,
        vendor: String::new(),
        assets: vec![asset("temperature", ValueType::Number), asset("open", ValueType::Boolean)],
    }
}

fn reading(value: &str, stamp: Option<(u64, u64)>) -> Reading {
    Reading {
        device: "GH-1".into(),
        asset: "temperature".into(),
        at: Timestamp::UNIX_EPOCH,
        value: RawValue::from_string(value.into()).unwrap(),
        stamp: stamp.map(|(session, seq)| Stamp { session, seq }),
    }
}

async fn registered() -> Store {
    let store = Store::open(&DatabaseUrl::memory()).await.unwrap();
    store.register(&device(), "").await.unwrap();
    store
}

async fn value(store: &Store) -> Option<String> {
    let asset = store.asset("GH-1", "temperature").await.unwrap().unwrap();
    asset.state.map(|state| state.value.get().to_owned())
}

#[tokio::test]
async fn registering_twice_leaves_the_first() {
    let store = registered().await;
    let first = store.device(Key::Sn("GH-1")).await.unwrap().unwrap();
    let other = Device { title: "Other".into(), assets: Vec::new(), ..device() };
    let again = store.register(&other, "org").await.unwrap();
    assert_eq!((&again.id, &again.device, again.version), (&first.id, &device(), 1));
    assert_eq!(again.digest, digest::of(&device()));
    assert!(again.asset_ids.iter().all(|id| id.len() == 24 && id.chars().all(char::is_alphanumeric)));
}

#[tokio::test]
async fn the_newest_stamp_wins_and_no_stamp_wins_by_arriving() {
    let store = registered().await;
    let steps = [
        ("1", Some((1, 5)), "1"),
        ("2", Some((1, 4)), "1"),
        ("3", Some((1, 5)), "1"),
        ("4", Some((1, 6)), "4"),
        ("5", Some((2, 1)), "5"),
        ("6", Some((1, 9)), "5"),
        ("7", None, "7"),
        ("8", Some((2, 1)), "7"),
        ("9", Some((2, 2)), "9"),
    ];
    for (text, stamp, newest) in steps {
        store.ingest(&[reading(text, stamp)]).await.unwrap();
        assert_eq!(value(&store).await.as_deref(), Some(newest), "after {text}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_the_rest_of_the_batch_is_stored() {
    let store = registered().await;
    let unknown = Reading { device: "GH-2".into(), ..reading("1", None) };
    let batch = [reading("101", None), unknown, reading("\"x\"", None), reading("50", Some((1, 1)))];
    let huge = reading("50", Some((u64::MAX, 1)));
    let verdicts = store.ingest(&batch).await.unwrap();
    assert!(matches!(&verdicts[0], Verdict::Refused(reason) if reason.contains("above the maximum")));
    assert!(matches!(&verdicts[1], Verdict::Refused(reason) if reason.contains("not registered")));
    assert!(matches!(&verdicts[2], Verdict::Refused(_)));
    assert!(
        matches!(&verdicts[3], Verdict::Stored(state) if state.stamp == Some(Stamp { session: 1, seq: 1 }))
    );
    assert!(matches!(&store.ingest(&[huge]).await.unwrap()[0], Verdict::Refused(_)));
    assert_eq!(value(&store).await.as_deref(), Some("50"));
}

#[tokio::test]
async fn a_change_against_an_old_version_writes_nothing() {
    let store = registered().await;
    let record = store.edit(Key::Sn("GH-1"), Some(1), |d| d.device.title = "New".into()).await.unwrap();
    assert_eq!((record.version, record.device.title.as_str()), (2, "New"));
    assert_eq!(record.digest, digest::of(&record.device));
    let late = store.edit(Key::Id(&record.id), Some(1), |d| d.device.assets.clear()).await;
    assert!(matches!(late, Err(EditError::Conflict { expected: 1, found: 2 })));
    let bad = store.edit(Key::Sn("GH-1"), None, |d| d.device.assets[0].name = "OPEN".into()).await;
    assert!(matches!(bad, Err(EditError::Invalid(_))));
    assert_eq!(store.device(Key::Sn("GH-1")).await.unwrap().unwrap().device, record.device);
}

#[tokio::test]
async fn an_empty_change_keeps_the_version() {
    let store = registered().await;
    let record = store.edit(Key::Sn("GH-1"), Some(1), |_| {}).await.unwrap();
    assert_eq!(record.version, 1);
    assert!(matches!(store.edit(Key::Sn("GH-9"), None, |_| {}).await, Err(EditError::NotFound)));
}

#[tokio::test]
async fn assets_keep_their_id_and_their_state_unless_the_type_changes() {
    let store = registered().await;
    store.ingest(&[reading("50", None)]).await.unwrap();
    let ids = store.device(Key::Sn("GH-1")).await.unwrap().unwrap().asset_ids;
    let change = |draft: &mut Draft| {
        draft.device.assets.pop();
        draft.device.assets[0].profile.maximum = Some(60.into());
        draft.device.assets.push(asset("new", ValueType::Number));
    };
    let record = store.edit(Key::Sn("GH-1"), Some(1), change).await.unwrap();
    assert_eq!(record.asset_ids[0], ids[0]);
    assert!(!ids.contains(&record.asset_ids[1]));
    assert_eq!(value(&store).await.as_deref(), Some("50"));
    let change = |draft: &mut Draft| draft.device.assets[0].profile.value_type = ValueType::String;
    store.edit(Key::Sn("GH-1"), None, change).await.unwrap();
    assert_eq!(value(&store).await, None);
}

#[tokio::test]
async fn a_will_of_an_older_session_does_not_undo_a_birth() {
    let store = registered().await;
    let presence = |status, session| Presence { status, session };
    let steps = [
        (presence(PresenceStatus::Online, 2), true, PresenceStatus::Online),
        (presence(PresenceStatus::Offline, 1), false, PresenceStatus::Online),
        (presence(PresenceStatus::Offline, 2), true, PresenceStatus::Offline),
        (presence(PresenceStatus::Online, 3), true, PresenceStatus::Online),
    ];
    for (presence, news, expected) in steps {
        assert_eq!(store.set_presence("GH-1", presence).await.unwrap(), news);
        assert_eq!(store.device(Key::Sn("GH-1")).await.unwrap().unwrap().presence, expected);
    }
}

#[tokio::test]
async fn a_file_keeps_everything_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::sqlite(folder.path().join("a b?.db"));
    let store = Store::open(&url).await.unwrap();
    store.register(&device(), "").await.unwrap();
    assert_eq!(store.open_session("GH-1").await.unwrap().unwrap().session, 1);
    store.ingest(&[reading("21.5", Some((1, 1)))]).await.unwrap();
    let instance = store.instance().await.unwrap();
    store.close().await;

    let store = Store::open(&url).await.unwrap();
    assert_eq!(value(&store).await.as_deref(), Some("21.5"));
    assert_eq!(store.open_session("GH-1").await.unwrap().unwrap().session, 2);
    assert_eq!(store.instance().await.unwrap(), instance);
    assert!(store.open_session("GH-2").await.unwrap().is_none());
    store.close().await;
}

#[tokio::test]
async fn writers_at_the_same_time_do_not_lose_each_others_changes() {
    let store = registered().await;
    let edits = (0..20).map(|n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            let add =
                |draft: &mut Draft| draft.device.assets.push(asset(&format!("a{n}"), ValueType::Number));
            store.edit(Key::Sn("GH-1"), None, add).await.unwrap();
        })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap();
    }
    let record = store.device(Key::Sn("GH-1")).await.unwrap().unwrap();
    assert_eq!((record.version, record.device.assets.len()), (21, 22));
}
