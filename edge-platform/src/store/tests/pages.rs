//! Devices in pages and lists.

use super::*;

for_both! {
    pages_go_on_behind_the_last_serial_number
    scopes_are_filters
}

fn sns(records: &[DeviceRecord]) -> Vec<&str> {
    records.iter().map(|record| record.device.sn.as_str()).collect()
}

async fn pages_go_on_behind_the_last_serial_number(store: Store) {
    for sn in ["D", "B", "a", "C"] {
        register(&store, sn).await;
    }
    store.register(&tree("A", vec![leaf("A-2"), tree("A-1", vec![leaf("A-1-1")])]), "").await.unwrap();
    let first = store.top_level(Scope::All, "", 2).await.unwrap();
    assert_eq!(sns(&first), ["A", "B"]);
    assert_eq!(first[0], get(&store, "A").await);
    assert_eq!(sns(&first[0].children), ["A-1", "A-2"]);
    assert_eq!(sns(&first[0].children[0].children), ["A-1-1"]);
    assert_eq!(first[0].children[1].device.assets.len(), 2);
    // Whatever comes and goes meanwhile.
    store.delete(&first[1].id, 0).await.unwrap();
    register(&store, "AA").await;
    assert_eq!(sns(&store.top_level(Scope::All, "B", 2).await.unwrap()), ["C", "D"]);
    assert_eq!(sns(&store.top_level(Scope::All, "D", 2).await.unwrap()), ["a"]);
    assert!(store.top_level(Scope::All, "a", 2).await.unwrap().is_empty());
}

async fn scopes_are_filters(store: Store) {
    store.register(&tree("A", vec![leaf("A-1")]), "ours").await.unwrap();
    store.register(&leaf("B"), "theirs").await.unwrap();
    for (scope, top, all) in [
        (Scope::All, &["A", "B"][..], &["A", "A-1", "B"][..]),
        (Scope::Organization("ours"), &["A"], &["A", "A-1"]),
        (Scope::Organization(""), &[], &[]),
        (Scope::Device("A"), &["A"], &["A", "A-1"]),
        (Scope::Device("A-1"), &[], &["A-1"]),
    ] {
        assert_eq!(sns(&store.top_level(scope, "", 10).await.unwrap()), top, "{scope:?}");
        assert_eq!(sns(&store.devices(scope).await.unwrap()), all, "{scope:?}");
    }
}
