//! Registration and changes of single devices.

use edge_proto::{Opening, digest};

use super::*;

for_both! {
    registering_twice_leaves_the_first
    a_change_against_an_old_version_writes_nothing
    a_change_that_changes_nothing_writes_nothing
    removing_in_the_middle_keeps_the_order
    many_data_points_are_registered_at_once
    writers_at_the_same_time_do_not_lose_each_others_changes
    sessions_grow_over_a_registration
    every_text_comes_back
}

async fn registering_twice_leaves_the_first(store: Store) {
    let first = register(&store, "GH-1").await;
    assert_eq!(get(&store, "GH-1").await, first);
    let mut other = leaf("GH-1");
    other.device.title = "Other".into();
    other.device.assets.clear();
    let Registered::Existing(again) = store.register(&other, "org").await.unwrap() else { panic!() };
    assert_eq!(again, first);
    assert_eq!((first.version, &first.device, &first.organization_id), (1, &device("GH-1"), &String::new()));
    assert_eq!(first.digest, digest::of(&device("GH-1")));
    let is_id = |id: &str| id.len() == 24 && id.chars().all(char::is_alphanumeric);
    assert!(first.points.iter().all(|point| is_id(&point.id) && point.version == 1));
}

async fn a_change_against_an_old_version_writes_nothing(store: Store) {
    register(&store, "GH-1").await;
    let rename = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.title = "New".into();
        Ok(())
    };
    let record = store.edit(SN, 1, Extent::Own, rename).await.unwrap();
    assert_eq!((record.version, record.device.title.as_str()), (2, "New"));
    assert_eq!(record.digest, digest::of(&record.device));
    assert!(record.updated_at > record.created_at);
    let clear = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets.clear();
        Ok(())
    };
    let late = store.edit(Key::Id(&record.id), 1, Extent::Own, clear).await;
    assert!(matches!(late, Err(EditError::Conflict { expected: 1, found: 2, .. })));
    let clash = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets[0].name = "OPEN".into();
        Ok(())
    };
    assert!(matches!(store.edit(SN, 0, Extent::Own, clash).await, Err(EditError::Invalid(_))));
    assert_eq!(get(&store, "GH-1").await, record);
    let none = store.edit(Key::Sn("GH-9"), 0, Extent::Own, |_, _| Ok(())).await;
    assert!(matches!(none, Err(EditError::NotFound)));
}

async fn a_change_that_changes_nothing_writes_nothing(store: Store) {
    let first = register(&store, "GH-1").await;
    for extent in [Extent::Own, Extent::Tree] {
        let record = store.edit(SN, 77, extent, |_, _| Ok(())).await.unwrap();
        assert_eq!(record, first);
    }
    assert_eq!(get(&store, "GH-1").await, first);
}

async fn removing_in_the_middle_keeps_the_order(store: Store) {
    let mut declared = leaf("GH-1");
    let names = ["a", "b", "c", "d"];
    declared.device.assets = names.map(|name| asset(name, ValueType::Number)).to_vec();
    let first = store.register(&declared, "").await.unwrap().record();
    store.remove_point("GH-1", &first.points[1].id, 0).await.unwrap();
    let second = get(&store, "GH-1").await;
    assert_eq!(second.points, [&first.points[..1], &first.points[2..]].concat());
    let change = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets.swap(0, 2);
        draft.device.assets.insert(1, asset("new", ValueType::Number));
        Ok(())
    };
    let record = store.edit(SN, 2, Extent::Own, change).await.unwrap();
    let names: Vec<_> = record.device.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["d", "new", "c", "a"]);
    // Elsewhere in the order is no change of a data point.
    assert!(record.points.iter().all(|point| point.version == 1));
}

async fn many_data_points_are_registered_at_once(store: Store) {
    let mut declared = leaf("GH-1");
    declared.device.assets = (0..2345).map(|n| asset(&format!("a{n}"), ValueType::Number)).collect();
    let record = store.register(&declared, "").await.unwrap().record();
    assert_eq!(record.points.len(), 2345);
    assert_eq!(get(&store, "GH-1").await, record);
    let change = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets.retain(|asset| asset.name.ends_with('7'));
        Ok(())
    };
    let record = store.edit(SN, 1, Extent::Own, change).await.unwrap();
    assert_eq!((record.device.assets.len(), rows(&store).await[1]), (234, 234));
}

async fn writers_at_the_same_time_do_not_lose_each_others_changes(store: Store) {
    register(&store, "GH-1").await;
    let edits = (0..20).map(|n: u32| {
        let store = store.clone();
        tokio::spawn(async move {
            let add = |_: &DeviceRecord, draft: &mut Draft| {
                draft.device.assets.push(asset(&format!("a{n}"), ValueType::Number));
                Ok(())
            };
            let extent = if n.is_multiple_of(2) { Extent::Own } else { Extent::Tree };
            store.edit(SN, 0, extent, add).await.unwrap();
        })
    });
    for edit in edits.collect::<Vec<_>>() {
        edit.await.unwrap();
    }
    let record = get(&store, "GH-1").await;
    assert_eq!((record.version, record.device.assets.len()), (21, 22));
}

/// Retained presences and last wills of a deleted device carry its session numbers: they must not be
/// taken for those of a device that is registered again under its serial number.
async fn sessions_grow_over_a_registration(store: Store) {
    use edge_proto::payload::{Presence, PresenceStatus};

    let first = store.register(&tree("GH-1", vec![leaf("GH-2")]), "").await.unwrap().record();
    for session in 1..=3 {
        assert_eq!(store.open_session("GH-2", Opening::Start(None)).await.unwrap().unwrap().session, session);
    }
    store.delete(&first.id, 0).await.unwrap();
    assert!(store.open_session("GH-2", Opening::Start(None)).await.unwrap().is_none());
    register(&store, "GH-2").await;
    let online = |session| Presence { status: PresenceStatus::Online, session, via: None };
    assert_eq!(store.set_presence("GH-2", &online(3)).await.unwrap(), Noted::Stale);
    let session = store.open_session("GH-2", Opening::Start(None)).await.unwrap().unwrap().session;
    assert!(session > 3);
    assert_eq!(store.set_presence("GH-2", &online(session)).await.unwrap(), Noted::Stored);
    // A device that has no sessions goes on without.
    register(&store, "GH-1").await;
    assert_eq!(store.set_presence("GH-1", &online(0)).await.unwrap(), Noted::Stored);
}

async fn every_text_comes_back(store: Store) {
    for (n, text) in
        ["'; DROP TABLE devices; --", "\"\\%_$1?", "tempé \u{202e} 🌡", "a\tb\r\n", "''"].iter().enumerate()
    {
        let sn = format!("GH-{n}");
        let mut declared = leaf(&sn);
        declared.device.title = (*text).to_owned();
        declared.device.description = (*text).to_owned();
        declared.device.vendor = (*text).into();
        declared.device.assets[0].title = (*text).to_owned();
        declared.device.assets[0].profile.unit = Some((*text).to_owned());
        let record = store.register(&declared, text).await.unwrap().record();
        assert_eq!((&record.device, record.organization_id.as_str()), (&declared.device, *text));
        assert_eq!(get(&store, &sn).await, record);
        assert_eq!(store.devices(Scope::Organization(text)).await.unwrap().len(), 1);
    }
}
