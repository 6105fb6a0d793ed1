//! Which state wins, and which do not fit.

use edge_proto::payload::{Location, Stamp};
use jiff::Timestamp;
use serde_json::value::RawValue;

use super::*;

for_both! {
    a_batch_is_judged_as_its_states_one_by_one
    a_location_is_kept_with_its_state
    the_newest_stamp_wins_and_no_stamp_wins_by_arriving
    what_does_not_fit_is_refused_and_the_rest_of_the_batch_is_stored
    assets_keep_their_id_and_their_state_unless_the_type_changes
}

pub(super) fn reading(value: &str, stamp: Option<(u64, u64)>) -> Reading {
    Reading {
        device: "GH-1".into(),
        asset: "temperature".into(),
        at: Timestamp::UNIX_EPOCH,
        value: RawValue::from_string(value.into()).unwrap(),
        location: None,
        stamp: stamp.map(|(session, seq)| Stamp { session, seq }),
        is_historical: false,
        dropped: 0,
        unsynced: false,
    }
}

pub(super) async fn value(store: &Store) -> Option<String> {
    let asset = store.asset("GH-1", "temperature").await.unwrap().unwrap();
    asset.state.map(|state| state.value.get().to_owned())
}

async fn the_newest_stamp_wins_and_no_stamp_wins_by_arriving(store: Store) {
    register(&store, "GH-1").await;
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

/// Batches of any states, against a store that gets them one at a time.
async fn a_batch_is_judged_as_its_states_one_by_one(store: Store) {
    register(&store, "GH-1").await;
    register(&store, "GH-2").await;
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..40 {
        let states: Vec<Reading> = (0..random.usize(1..40))
            .map(|index| {
                let stamp = random.bool().then(|| (random.u64(1..4), random.u64(1..4)));
                reading(&format!("{}", (round + index) % 100), stamp)
            })
            .collect();
        let twin = |states: &[Reading]| -> Vec<Reading> {
            states.iter().map(|state| Reading { device: "GH-2".into(), ..state.clone() }).collect()
        };
        let at_once = store.ingest(&states).await.unwrap();
        let mut one_by_one = Vec::new();
        for state in twin(&states) {
            one_by_one.extend(store.ingest(&[state]).await.unwrap());
        }
        assert_eq!(format!("{at_once:?}"), format!("{one_by_one:?}"), "{states:?}");
        let newest = async |sn| {
            let state = store.asset(sn, "temperature").await.unwrap().unwrap().state.unwrap();
            (state.value.get().to_owned(), state.stamp)
        };
        assert_eq!(newest("GH-1").await, newest("GH-2").await, "{states:?}");
    }
}

async fn a_location_is_kept_with_its_state(store: Store) {
    register(&store, "GH-1").await;
    let location = Location::new(51.0, 3.7, Some(12.5));
    store.ingest(&[Reading { location, ..reading("1", None) }]).await.unwrap();
    let state = store.asset("GH-1", "temperature").await.unwrap().unwrap().state.unwrap();
    assert_eq!(state.location, location);
    assert!(serde_json::to_string(&state).unwrap().contains(r#""location":{"latitude":51.0,"#));
    store.ingest(&[reading("1", None)]).await.unwrap();
    let state = store.asset("GH-1", "temperature").await.unwrap().unwrap().state.unwrap();
    assert_eq!(state.location, None);
}

async fn what_does_not_fit_is_refused_and_the_rest_of_the_batch_is_stored(store: Store) {
    register(&store, "GH-1").await;
    let unknown = Reading { device: "GH-2".into(), ..reading("1", None) };
    let cased = Reading { asset: "Temperature".into(), ..reading("1", None) };
    let batch = [reading("101", None), unknown, cased, reading("\"x\"", None), reading("50", Some((1, 1)))];
    let huge = reading("50", Some((u64::MAX, 1)));
    let verdicts = store.ingest(&batch).await.unwrap();
    assert!(matches!(&verdicts[0], Verdict::Refused(reason) if reason.contains("above the maximum")));
    assert!(matches!(&verdicts[1], Verdict::Refused(reason) if reason.contains("not registered")));
    assert!(matches!(&verdicts[2], Verdict::Refused(reason) if reason.contains("not registered")));
    assert!(matches!(&verdicts[3], Verdict::Refused(_)));
    assert!(
        matches!(&verdicts[4], Verdict::Stored(state) if state.stamp == Some(Stamp { session: 1, seq: 1 }))
    );
    assert!(matches!(&store.ingest(&[huge]).await.unwrap()[0], Verdict::Refused(_)));
    assert_eq!(value(&store).await.as_deref(), Some("50"));
}

async fn assets_keep_their_id_and_their_state_unless_the_type_changes(store: Store) {
    let first = register(&store, "GH-1").await;
    store.ingest(&[reading("50", None)]).await.unwrap();
    let change = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets.pop();
        draft.device.assets[0].profile.maximum = Some(60.into());
        draft.device.assets.push(asset("new", ValueType::Number));
        Ok(())
    };
    let record = store.edit(SN, 1, Extent::Own, change).await.unwrap();
    assert_eq!((&record.points[0].id, record.points[0].version), (&first.points[0].id, 2));
    assert_eq!(record.points[0].created_at, first.points[0].created_at);
    assert!(first.points.iter().all(|point| point.id != record.points[1].id));
    assert_eq!(value(&store).await.as_deref(), Some("50"));
    let change = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets[0].profile.value_type = ValueType::String;
        Ok(())
    };
    store.edit(SN, 0, Extent::Own, change).await.unwrap();
    assert_eq!(value(&store).await, None);
}
