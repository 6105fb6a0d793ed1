//! Devices with child devices: registered, moved and removed as a whole.

use super::states::reading;
use super::*;

for_both! {
    a_tree_is_registered_and_read_as_a_whole
    a_tree_is_registered_all_or_not_at_all
    existing_devices_stay_as_they_are
    of_registrations_at_the_same_time_one_is_the_first
    a_child_joins_and_leaves_its_parent
    parents_must_be_there_and_make_no_circle
    an_organization_is_the_parents
    deleting_takes_all_that_there_is
    what_is_given_is_what_there_is_then
    lineages_follow_every_change
    moves_at_the_same_time_make_no_circle
}

/// Gives a change to [`Store::edit`].
fn to_parent(parent: Option<&str>) -> impl FnOnce(&DeviceRecord, &mut Draft) -> Result<(), EditError> + Send {
    let parent = parent.map(str::to_owned);
    move |_, draft| {
        draft.device.parent = parent;
        Ok(())
    }
}

async fn a_tree_is_registered_and_read_as_a_whole(store: Store) {
    let declared = tree("A", vec![leaf("A-2"), tree("A-1", vec![leaf("A-1-1")])]);
    let record = store.register(&declared, "org").await.unwrap().record();
    assert_eq!(get(&store, "A").await, record);
    let child = get(&store, "A-1").await;
    assert_eq!((child.device.parent.as_deref(), child.organization_id.as_str()), (Some("A"), "org"));
    assert_eq!(child, record.children[0]);
    assert_eq!(get(&store, "A-1-1").await, record.children[0].children[0]);
}

async fn a_tree_is_registered_all_or_not_at_all(store: Store) {
    register(&store, "TAKEN").await;
    let before = rows(&store).await;
    let deep = (0..8).fold(leaf("X0"), |below, n| tree(&format!("X{}", n + 1), vec![below]));
    let mut nul = tree("A", vec![leaf("A-1")]);
    nul.children[0].device.assets[1].title = "a\0b".into();
    for (declared, what) in [
        (tree("A", vec![leaf("A-1"), tree("A-2", vec![leaf("TAKEN")])]), "taken below"),
        (tree("A", vec![leaf("A-1"), leaf("A-1")]), "taken twice"),
        (tree("A", vec![leaf("A")]), "itself"),
        (deep, "nine levels"),
        (nul, "NUL"),
    ] {
        let refused = store.register(&declared, "").await;
        let is_taken = matches!(refused, Err(EditError::Taken { .. }));
        assert!(refused.is_err() && is_taken == what.starts_with("taken"), "{what}: {refused:?}");
        assert_eq!(rows(&store).await, before, "{what}");
    }
    let eight = (0..7).fold(leaf("X0"), |below, n| tree(&format!("X{}", n + 1), vec![below]));
    store.register(&eight, "").await.unwrap();
    assert!(matches!(
        store.add_child("X0", &tree("X0", vec![leaf("Y")]).children[0]).await,
        Err(EditError::TooDeep)
    ));
}

async fn existing_devices_stay_as_they_are(store: Store) {
    let first = store.register(&tree("A", vec![leaf("A-1")]), "").await.unwrap().record();
    store.register(&tree("B", vec![leaf("B-1")]), "").await.unwrap();
    // A child that is new is ignored, one that is there is as it is.
    for children in [vec![leaf("NEW")], vec![leaf("A-1")], vec![]] {
        let again = store.register(&tree("A", children), "").await.unwrap();
        assert!(matches!(again, Registered::Existing(record) if record == first));
    }
    for child in ["B-1", "B"] {
        let stolen = store.register(&tree("A", vec![leaf(child)]), "").await;
        assert!(matches!(stolen, Err(EditError::Taken { sn }) if sn == child));
    }
    // Also when the message says that it is somebody else's.
    let mut moved = leaf("A");
    moved.device.parent = Some("NOBODY".into());
    assert!(matches!(store.register(&moved, "").await, Ok(Registered::Existing(_))));
    let child = &tree("A", vec![leaf("A-1")]).children[0];
    assert!(matches!(store.register(child, "other").await, Ok(Registered::Existing(_))));
}

/// Two replicas of one device start together.
async fn of_registrations_at_the_same_time_one_is_the_first(store: Store) {
    let registrations = (0..20).map(|n| {
        let store = store.clone();
        let children = if n % 3 == 0 { Vec::new() } else { vec![leaf("A-1"), leaf("A-2")] };
        tokio::spawn(async move { store.register(&tree("A", children), "").await.unwrap() })
    });
    let (mut new, mut ids) = (0, Vec::new());
    for registration in registrations.collect::<Vec<_>>() {
        let registered = registration.await.unwrap();
        new += i32::from(matches!(registered, Registered::New(_)));
        ids.push(registered.record().id);
    }
    ids.dedup();
    assert_eq!((new, ids.len()), (1, 1));
}

async fn a_child_joins_and_leaves_its_parent(store: Store) {
    register(&store, "A").await;
    let child = store.add_child("A", &tree("A", vec![leaf("A-1")]).children[0]).await.unwrap();
    let parent = get(&store, "A").await;
    assert_eq!((parent.version, &parent.children), (2, &vec![child.clone()]));
    let taken = store.add_child("A", &tree("A", vec![leaf("A-1")]).children[0]).await;
    assert!(matches!(taken, Err(EditError::Taken { .. })));
    let nowhere = store.add_child("NO", &tree("NO", vec![leaf("N")]).children[0]).await;
    assert!(matches!(nowhere, Err(EditError::NotFound)));

    let alone = store.edit(Key::Sn("A-1"), 1, Extent::Tree, to_parent(None)).await.unwrap();
    assert_eq!((alone.version, alone.device.parent.clone(), get(&store, "A").await.version), (2, None, 3));
    assert_ne!(alone.digest, child.digest);
    let back = store.edit(Key::Sn("A-1"), 2, Extent::Tree, to_parent(Some("A"))).await.unwrap();
    assert_eq!((&back.digest, get(&store, "A").await.version), (&child.digest, 4));
    store.delete(&child.id, 3).await.unwrap();
    assert_eq!((get(&store, "A").await.version, get(&store, "A").await.children.len()), (5, 0));
}

async fn parents_must_be_there_and_make_no_circle(store: Store) {
    store.register(&tree("A", vec![tree("B", vec![leaf("C")])]), "").await.unwrap();
    let before = get(&store, "A").await;
    for (sn, parent) in [("A", "A"), ("A", "B"), ("A", "C"), ("B", "C"), ("C", "NOBODY")] {
        let refused = store.edit(Key::Sn(sn), 0, Extent::Tree, to_parent(Some(parent))).await;
        assert!(matches!(refused, Err(EditError::Cycle { .. } | EditError::Parent { .. })), "{sn} {parent}");
    }
    let mut orphan = leaf("O");
    orphan.device.parent = Some("NOBODY".into());
    let refused = store.register(&orphan, "").await;
    assert!(matches!(refused, Err(EditError::Parent { sn }) if sn == "NOBODY"));
    // Seven levels fit below no second one.
    let deep = (0..6).fold(leaf("X0"), |below, n| tree(&format!("X{}", n + 1), vec![below]));
    store.register(&deep, "").await.unwrap();
    let refused = store.edit(Key::Sn("X6"), 0, Extent::Tree, to_parent(Some("B"))).await;
    assert!(matches!(refused, Err(EditError::TooDeep)));
    assert_eq!(get(&store, "A").await, before);
}

async fn an_organization_is_the_parents(store: Store) {
    let to = |organization: &'static str| {
        move |_: &DeviceRecord, draft: &mut Draft| {
            draft.organization_id = organization.to_owned();
            Ok(())
        }
    };
    store.register(&tree("A", vec![tree("B", vec![leaf("C")])]), "one").await.unwrap();
    store.edit(Key::Sn("A"), 1, Extent::Tree, to("two")).await.unwrap();
    for (sn, version) in [("A", 2), ("B", 2), ("C", 2)] {
        let record = get(&store, sn).await;
        assert_eq!((record.organization_id.as_str(), record.version), ("two", version), "{sn}");
    }
    let refused = store.edit(Key::Sn("B"), 0, Extent::Tree, to("three")).await;
    assert!(matches!(refused, Err(EditError::Organization { .. })));
    // Nothing said is the parent's, so this changes nothing.
    assert_eq!(store.edit(Key::Sn("B"), 0, Extent::Tree, to("")).await.unwrap().version, 2);
    store.register(&leaf("D"), "four").await.unwrap();
    store.edit(Key::Sn("B"), 0, Extent::Tree, to_parent(Some("D"))).await.unwrap();
    assert_eq!(get(&store, "C").await.organization_id, "four");
}

async fn deleting_takes_all_that_there_is(store: Store) {
    let other = register(&store, "OTHER").await;
    let before = rows(&store).await;
    let record = store.register(&tree("GH-1", vec![tree("B", vec![leaf("C")])]), "").await.unwrap().record();
    store.ingest(&[reading("1", None)]).await.unwrap();
    let late = store.delete(&record.id, 9).await;
    assert!(matches!(late, Err(EditError::Conflict { expected: 9, found: 1, .. })));
    assert_eq!(store.part(&record.id).await.unwrap(), None);
    assert_eq!(store.part(&record.children[0].id).await.unwrap(), Some(Part::Child { sn: "B".into() }));
    let point = Part::Point { device: "GH-1".into() };
    assert_eq!(store.part(&record.points[0].id).await.unwrap(), Some(point));
    store.delete(&record.id, 1).await.unwrap();
    assert!(matches!(store.delete(&record.id, 1).await, Err(EditError::NotFound)));
    let after = rows(&store).await;
    assert_eq!((&after[..3], after[3]), (&before[..3], 3));
    assert_eq!(get(&store, "OTHER").await, other);
    // Twice retired is retired once.
    let record = register(&store, "GH-1").await;
    store.delete(&record.id, 0).await.unwrap();
    assert_eq!(rows(&store).await[3], 3);
}

async fn what_is_given_is_what_there_is_then(store: Store) {
    register(&store, "ELSEWHERE").await;
    let first = tree("A", vec![tree("KEPT", vec![leaf("K-1"), leaf("K-2")]), leaf("GONE")]);
    let first = store.register(&first, "org").await.unwrap().record();
    let given = |children: Vec<Declared>| {
        move |_: &DeviceRecord, draft: &mut Draft| {
            draft.children = Some(tree("A", children).children);
            Ok(())
        }
    };
    let wanted = || {
        let mut kept = tree("KEPT", vec![leaf("K-2"), leaf("K-3")]);
        kept.device.title = "Changed".into();
        kept.version = 1;
        vec![kept, leaf("NEW")]
    };
    let record = store.edit(Key::Sn("A"), 1, Extent::Tree, given(wanted())).await.unwrap();
    let names: Vec<_> = record.children.iter().map(|child| child.device.sn.as_str()).collect();
    assert_eq!((names, record.version), (vec!["KEPT", "NEW"], 2));
    let kept = &record.children[0];
    assert_eq!((&kept.id, kept.version, kept.device.title.as_str()), (&first.children[1].id, 2, "Changed"));
    assert_eq!(kept.children.iter().map(|c| c.device.sn.as_str()).collect::<Vec<_>>(), ["K-2", "K-3"]);
    assert_eq!((kept.children[0].version, kept.children[1].organization_id.as_str()), (1, "org"));
    assert!(!is_there(&store, "GONE").await && !is_there(&store, "K-1").await);
    assert_eq!(get(&store, "A").await, record);

    // Sent again, it changes nothing, whatever the versions.
    let again = store.edit(Key::Sn("A"), 1, Extent::Tree, given(wanted())).await.unwrap();
    assert_eq!(again, record);
    let before = rows(&store).await;
    let mut late = wanted();
    late[0].device.title = "Late".into();
    let refused = store.edit(Key::Sn("A"), 0, Extent::Tree, given(late)).await;
    assert!(matches!(refused, Err(EditError::Conflict { name, .. }) if name == "KEPT"));
    for taken in ["ELSEWHERE", "K-2"] {
        let refused = store.edit(Key::Sn("A"), 0, Extent::Tree, given(vec![leaf(taken)])).await;
        assert!(matches!(refused, Err(EditError::Taken { sn }) if sn == taken));
    }
    assert_eq!((rows(&store).await, get(&store, "A").await), (before, record));
}

async fn lineages_follow_every_change(store: Store) {
    let ancestors = async |sn: &str| store.lineage(sn).await.unwrap().map(|lineage| lineage.ancestors);
    assert_eq!(ancestors("C").await, None);
    let record = store.register(&tree("A", vec![tree("B", vec![leaf("C")])]), "").await.unwrap().record();
    assert_eq!(ancestors("C").await, Some(vec!["B".into(), "A".into()]));
    store.edit(Key::Sn("C"), 0, Extent::Tree, to_parent(Some("A"))).await.unwrap();
    assert_eq!(ancestors("C").await, Some(vec!["A".into()]));
    store.delete(&record.id, 0).await.unwrap();
    assert_eq!(ancestors("C").await, None);
}

async fn moves_at_the_same_time_make_no_circle(store: Store) {
    let sns: Vec<String> = (0..6).map(|n| format!("D{n}")).collect();
    for sn in &sns {
        register(&store, sn).await;
    }
    let moves = (0..36).map(|n| {
        let (store, sn, parent) = (store.clone(), sns[n % 6].clone(), sns[(n / 6 + n) % 6].clone());
        tokio::spawn(async move {
            match store.edit(Key::Sn(&sn), 0, Extent::Tree, to_parent(Some(&parent))).await {
                Ok(_) | Err(EditError::Cycle { .. }) => {}
                Err(error) => panic!("{error:?}"),
            }
        })
    });
    for done in moves.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    for sn in &sns {
        let lineage = store.lineage(sn).await.unwrap().unwrap();
        assert!(!lineage.ancestors.contains(sn) && lineage.ancestors.len() < 6, "{sn}: {lineage:?}");
    }
    let roots = store.top_level(Scope::All, "", 10).await.unwrap();
    assert!(!roots.is_empty());
}
