//! Who is there, and over whose connection.

use edge_proto::payload::{Presence, PresenceStatus};

use super::*;

for_both! {
    a_will_of_an_older_session_does_not_undo_a_birth
    a_presence_that_comes_again_is_no_change
    who_is_on_a_lost_connection_is_lost
    at_the_start_everybody_is_offline
}

fn presence(status: PresenceStatus, session: u64, via: Option<&str>) -> Presence {
    Presence { status, session, via: via.map(str::to_owned) }
}

async fn a_will_of_an_older_session_does_not_undo_a_birth(store: Store) {
    use PresenceStatus::{Offline, Online};

    register(&store, "GH-1").await;
    let steps = [
        (presence(Online, 2, None), Noted::Stored, Online),
        (presence(Offline, 1, None), Noted::Stale, Online),
        (presence(Offline, 2, None), Noted::Stored, Offline),
        (presence(Online, 3, Some("HOST")), Noted::Stored, Online),
        (presence(Offline, u64::MAX, None), Noted::Stale, Online),
    ];
    for (presence, noted, expected) in steps {
        assert_eq!(store.set_presence("GH-1", &presence).await.unwrap(), noted);
        assert_eq!(get(&store, "GH-1").await.presence, expected);
    }
    let known = store.presence("GH-1").await.unwrap().unwrap();
    assert_eq!(known, presence(Online, 3, Some("HOST")));
    assert_eq!(store.set_presence("GH-2", &known).await.unwrap(), Noted::Unknown);
    assert_eq!(store.presence("GH-2").await.unwrap(), None);
}

/// Each connection of the platform to its broker was told all presences, and the log said of each that it was new.
async fn a_presence_that_comes_again_is_no_change(store: Store) {
    use PresenceStatus::{Offline, Online};

    register(&store, "GH-1").await;
    let steps = [
        (presence(Online, 1, None), Noted::Stored),
        (presence(Online, 1, None), Noted::Same),
        (presence(Online, 1, Some("HOST")), Noted::Same),
        (presence(Online, 2, Some("HOST")), Noted::Stored),
        (presence(Offline, 2, Some("HOST")), Noted::Stored),
        (presence(Offline, 2, None), Noted::Same),
        (presence(Offline, 1, None), Noted::Stale),
        (presence(Online, 2, Some("OTHER")), Noted::Stored),
        (presence(Online, 2, Some("HOST")), Noted::Same),
    ];
    for (step, (presence, noted)) in steps.into_iter().enumerate() {
        assert_eq!(store.set_presence("GH-1", &presence).await.unwrap(), noted, "step {step}");
    }
    assert_eq!(store.lose_via("HOST").await.unwrap().len(), 1, "over whose connection is kept each time");
    assert_eq!(store.set_presence("GH-1", &presence(Offline, 2, None)).await.unwrap(), Noted::Same);
}

async fn who_is_on_a_lost_connection_is_lost(store: Store) {
    use PresenceStatus::{Offline, Online};

    for (sn, status, via) in [
        ("A", Online, Some("HOST")),
        ("B", Online, Some("OTHER")),
        ("C", Online, None),
        ("D", Offline, Some("HOST")),
    ] {
        register(&store, sn).await;
        store.set_presence(sn, &presence(status, 4, via)).await.unwrap();
    }
    let lost = store.lose_via("HOST").await.unwrap();
    assert_eq!(lost, [Lost { sn: "A".into(), session: 4 }]);
    assert_eq!(store.lose_via("HOST").await.unwrap(), []);
    for (sn, expected) in [("A", Offline), ("B", Online), ("C", Online), ("D", Offline)] {
        assert_eq!(get(&store, sn).await.presence, expected, "{sn}");
    }
}

async fn at_the_start_everybody_is_offline(store: Store) {
    register(&store, "GH-1").await;
    store.set_presence("GH-1", &presence(PresenceStatus::Online, 1, None)).await.unwrap();
    store.forget_presences().await.unwrap();
    assert_eq!(get(&store, "GH-1").await.presence, PresenceStatus::Offline);
}
