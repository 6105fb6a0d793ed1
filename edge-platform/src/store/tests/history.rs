//! What states were, how much of it is kept, and when it goes.

use edge_proto::payload::Stamp;
use jiff::{SignedDuration, Timestamp};

use super::states::reading;
use super::*;
use crate::store::history::PAGE;

for_both! {
    every_state_is_kept_the_newest_first
    what_was_late_is_kept_once
    the_newest_are_kept_and_a_tenth_more
    without_history_nothing_is_kept
    history_goes_with_its_asset_and_with_its_type
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn state(value: i64, second: i64, stamp: Option<(u64, u64)>) -> Reading {
    Reading { at: at(second), ..reading(&value.to_string(), stamp) }
}

async fn id(store: &Store) -> String {
    store.asset("GH-1", "temperature").await.unwrap().unwrap().id
}

async fn values(store: &Store, span: Span) -> Vec<String> {
    let states = store.history(&id(store).await, span).await.unwrap();
    states.iter().map(|state| state.value.get().to_owned()).collect()
}

async fn length(store: &Store) -> i64 {
    use sqlx::Row as _;

    let query = sqlx::query("SELECT COUNT(*) FROM history");
    query.fetch_one(&store.pool).await.unwrap().try_get(0).unwrap()
}

async fn every_state_is_kept_the_newest_first(store: Store) {
    let store = store.with_history(1000);
    register(&store, "GH-1").await;
    let states: Vec<_> = (0..250).map(|n| state(n % 100, n, None)).collect();
    store.ingest(&states[..200]).await.unwrap();
    store.ingest(&states[200..]).await.unwrap();
    let expected: Vec<String> = (0..250).rev().map(|n| (n % 100).to_string()).collect();
    for page in 0..4 {
        let first = (page as usize * PAGE).min(250);
        let last = (first + PAGE).min(250);
        assert_eq!(values(&store, Span { page, ..Span::default() }).await, expected[first..last], "{page}");
    }
    assert_eq!(values(&store, Span { page: u32::MAX, ..Span::default() }).await.len(), 0);
    let span = |from, to| Span { from, to, page: 0 };
    assert_eq!(values(&store, span(Some(at(7)), Some(at(9)))).await, ["9", "8", "7"]);
    assert_eq!(values(&store, span(Some(at(249)), None)).await, ["49"]);
    assert_eq!(values(&store, span(None, Some(at(0)))).await, ["0"]);
    assert_eq!(values(&store, span(Some(at(9)), Some(at(7)))).await.len(), 0);
    // States of the same time are in their order.
    store.ingest(&[state(1, 300, None), state(2, 300, None)]).await.unwrap();
    store.ingest(&[state(3, 300, None)]).await.unwrap();
    assert_eq!(values(&store, span(Some(at(300)), None)).await, ["3", "2", "1"]);
}

async fn what_was_late_is_kept_once(store: Store) {
    let store = store.with_history(1000);
    register(&store, "GH-1").await;
    let late = |value, second, seq| Reading { is_historical: true, ..state(value, second, Some((1, seq))) };
    store.ingest(&[state(9, 9, Some((1, 9)))]).await.unwrap();
    for _ in 0..2 {
        let verdicts =
            store.ingest(&[late(1, 1, 1), late(2, 2, 2), late(1, 1, 1), late(9, 9, 9)]).await.unwrap();
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Verdict::Stale)));
    }
    // Sent again, and older than what is there: it was here before.
    store.ingest(&[state(9, 9, Some((1, 9))), state(3, 3, Some((1, 3)))]).await.unwrap();
    // Without a stamp it counts, whenever it was.
    store.ingest(&[state(0, 0, None)]).await.unwrap();
    assert_eq!(values(&store, Span::default()).await, ["9", "2", "1", "0"]);
    let states = store.history(&id(&store).await, Span::default()).await.unwrap();
    assert_eq!(states[1].stamp, Some(Stamp { session: 1, seq: 2 }));
}

async fn the_newest_are_kept_and_a_tenth_more(store: Store) {
    let store = store.with_history(100);
    register(&store, "GH-1").await;
    for round in 0..50 {
        let batch: Vec<_> = (0..7).map(|n| state(n, round * 7 + n, None)).collect();
        store.ingest(&batch).await.unwrap();
        assert!(length(&store).await <= 100 + 10 + 7, "{round}");
    }
    let states = store.history(&id(&store).await, Span::default()).await.unwrap();
    let times: Vec<_> = states.iter().map(|state| state.at.as_second()).collect();
    assert_eq!(times, (250..350).rev().collect::<Vec<_>>());
    // A batch that is larger than the limit.
    let batch: Vec<_> = (0..300).map(|n| state(1, 1000 + n, None)).collect();
    store.ingest(&batch).await.unwrap();
    assert!(length(&store).await <= 100 + 10);
}

async fn without_history_nothing_is_kept(store: Store) {
    let store = store.with_history(0);
    register(&store, "GH-1").await;
    store.ingest(&[state(1, 1, None)]).await.unwrap();
    assert_eq!(length(&store).await, 0);
}

async fn history_goes_with_its_asset_and_with_its_type(store: Store) {
    let store = store.with_history(10);
    let device = register(&store, "GH-1").await;
    let open = |value: &str| Reading { asset: "open".into(), ..reading(value, None) };
    store.ingest(&[state(1, 1, None), state(2, 2, None), open("true")]).await.unwrap();
    assert_eq!(length(&store).await, 3);
    let to_text = |_: &DeviceRecord, draft: &mut Draft| {
        draft.device.assets[0].profile.value_type = ValueType::String;
        draft.device.assets[0].profile.maximum = None;
        Ok(())
    };
    store.edit(SN, 0, Extent::Own, to_text).await.unwrap();
    assert_eq!(length(&store).await, 1);
    // What was remembered of the asset is not: its type is another one.
    let verdicts = store.ingest(&[state(3, 3, None), reading("\"x\"", None)]).await.unwrap();
    assert!(matches!(verdicts[..], [Verdict::Refused(_), Verdict::Stored(_)]));
    store.remove_point("GH-1", &device.points[0].id, 0).await.unwrap();
    assert_eq!(length(&store).await, 1);
    let verdicts = store.ingest(&[reading("\"x\"", None)]).await.unwrap();
    assert!(matches!(verdicts[..], [Verdict::Refused(_)]));
    store.delete(&device.id, 0).await.unwrap();
    assert_eq!(length(&store).await, 0);
    assert!(matches!(store.ingest(&[open("true")]).await.unwrap()[..], [Verdict::Refused(_)]));
}
