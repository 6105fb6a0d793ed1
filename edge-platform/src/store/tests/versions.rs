//! Which versions grow with what.

use edge_proto::Opening;

use super::*;

for_both! {
    versions_grow_with_what_changed_and_with_nothing_else
    a_data_point_is_removed_at_its_version
}

/// The versions of `A`, its child `B`, `B`'s child `C`, and of `B`'s first data point.
async fn versions(store: &Store) -> [u64; 4] {
    let a = get(store, "A").await;
    let (b, c) = (&a.children[0], &a.children[0].children[0]);
    [a.version, b.version, c.version, b.points[0].version]
}

async fn versions_grow_with_what_changed_and_with_nothing_else(store: Store) {
    store.register(&tree("A", vec![tree("B", vec![leaf("C")])]), "").await.unwrap();
    assert_eq!(versions(&store).await, [1, 1, 1, 1]);
    let title = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets[0].title = "New".into();
        Ok(())
    };
    store.edit(Key::Sn("B"), 1, Extent::Own, title).await.unwrap();
    assert_eq!(versions(&store).await, [1, 2, 1, 2]);
    let second = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets[1].title = "New".into();
        Ok(())
    };
    store.edit(Key::Sn("B"), 2, Extent::Tree, second).await.unwrap();
    assert_eq!(versions(&store).await, [1, 3, 1, 2]);
    store.add_child("B", &tree("B", vec![leaf("D")]).children[0]).await.unwrap();
    assert_eq!(versions(&store).await, [1, 4, 1, 2]);
    store.open_session("B", Opening::Start(None)).await.unwrap();
    assert_eq!(versions(&store).await, [1, 4, 1, 2]);
}

async fn a_data_point_is_removed_at_its_version(store: Store) {
    let first = register(&store, "GH-1").await;
    let id = &first.points[0].id;
    let late = store.remove_point("GH-1", id, 2).await;
    assert!(matches!(late, Err(EditError::Conflict { expected: 2, found: 1, .. })));
    store.remove_point("GH-1", id, 1).await.unwrap();
    let record = get(&store, "GH-1").await;
    assert_eq!((record.version, record.points.len()), (2, 1));
    assert_ne!(record.digest, first.digest);
    assert!(matches!(store.remove_point("GH-1", id, 1).await, Err(EditError::NotFound)));
}
