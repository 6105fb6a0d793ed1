//! Alerts and data: each kept once, read in pages, gone with its device.

use edge_proto::payload::{FormatKind, Mark, Report, Severity, Stamp};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

use super::*;
use crate::store::history::PAGE;

for_both! {
    what_comes_again_is_kept_once
    reports_are_read_in_pages_by_kind_name_severity_and_time
    the_newest_reports_are_kept_and_a_tenth_more
    reports_go_with_their_device
}

fn at(second: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second)
}

fn alert(name: &str, severity: Severity, second: i64, stamp: Option<(u64, u64)>) -> Arrival {
    let stamp = stamp.map(|(session, seq)| Stamp { session, seq });
    let value = RawValue::from_string(format!("{second}.5")).unwrap();
    Arrival {
        device: "GH-1".into(),
        report: Report {
            name: name.into(),
            at: Some(at(second)),
            severity: Some(severity),
            description: Some("Too \"hot\"\0".into()),
            fields: vec![("temperature".into(), value)],
            mark: Mark { stamp, ..Mark::default() },
        },
        now: at(0),
    }
}

fn data(name: &str, second: i64, stamp: Option<(u64, u64)>) -> Arrival {
    let alert = alert(name, Severity::Low, second, stamp);
    Arrival { report: Report { severity: None, description: None, ..alert.report }, ..alert }
}

fn all(kind: FormatKind) -> Filter {
    Filter { kind, name: None, severity: Severity::Low, span: Span::default() }
}

async fn seconds(store: &Store, filter: &Filter) -> Vec<i64> {
    let reports = store.reports("GH-1", filter).await.unwrap();
    reports.iter().map(|report| report.at.as_second()).collect()
}

async fn length(store: &Store) -> i64 {
    use sqlx::Row as _;

    let query = sqlx::query("SELECT COUNT(*) FROM reports");
    query.fetch_one(&store.pool).await.unwrap().try_get(0).unwrap()
}

fn words(kept: &[Kept]) -> Vec<&str> {
    let word = |kept| match kept {
        &Kept::New(_) => "new",
        Kept::Again => "again",
        Kept::Refused(reason) => reason.as_str(),
    };
    kept.iter().map(word).collect()
}

async fn what_comes_again_is_kept_once(store: Store) {
    let store = store.with_reports(1000);
    register(&store, "GH-1").await;
    register(&store, "GH-2").await;
    let hot = |stamp| alert("hot", Severity::Critical, 1, stamp);
    let other = Arrival { device: "GH-2".into(), ..hot(Some((1, 5))) };
    let stranger = Arrival { device: "GH-3".into(), ..hot(Some((1, 5))) };
    let batch = [hot(Some((1, 5))), hot(Some((1, 5))), other, stranger, data("sample", 2, Some((1, 6)))];
    let kept = store.keep_reports(&batch).await.unwrap();
    assert_eq!(words(&kept), ["new", "again", "new", "the device is not registered", "new"]);
    // In an earlier session, late, and with none: each is its own.
    let batch = [hot(Some((1, 5))), hot(Some((2, 5))), hot(Some((1, 4))), hot(None), hot(None)];
    let kept = store.keep_reports(&batch).await.unwrap();
    assert_eq!(words(&kept), ["again", "new", "new", "new", "new"]);
    let kept = store.keep_reports(&[hot(Some((u64::MAX, 1)))]).await.unwrap();
    assert_eq!(words(&kept), ["session or number is too large"]);
    let reports = store.reports("GH-1", &all(FormatKind::Alert)).await.unwrap();
    assert_eq!(reports.len(), 5);
    let json = serde_json::to_string(&reports[4]).unwrap();
    assert_eq!(
        json,
        r#"{"at":"1970-01-01T00:00:01Z","alert":"hot","severity":"critical","description":"Too \"hot\"\u0000","value":{"temperature":1.5},"session":1,"seq":5}"#
    );
    let reports = store.reports("GH-1", &all(FormatKind::Data)).await.unwrap();
    let json = serde_json::to_string(&reports).unwrap();
    let expected = r#"[{"at":"1970-01-01T00:00:02Z","format":"sample","value":{"temperature":2.5},"session":1,"seq":6}]"#;
    assert_eq!(json, expected);
}

async fn reports_are_read_in_pages_by_kind_name_severity_and_time(store: Store) {
    let store = store.with_reports(1000);
    register(&store, "GH-1").await;
    let severity = |second: i64| Severity::ALL[second as usize % 4];
    let name = |second: i64| if second % 2 == 0 { "even" } else { "odd" };
    let alerts: Vec<_> = (0..250).map(|second| alert(name(second), severity(second), second, None)).collect();
    store.keep_reports(&alerts).await.unwrap();
    store.keep_reports(&[data("even", 300, None)]).await.unwrap();
    let expected: Vec<i64> = (0..250).rev().collect();
    for page in 0..4 {
        let (first, last) = ((page as usize * PAGE).min(250), (page as usize * PAGE + PAGE).min(250));
        let filter = Filter { span: Span { page, ..Span::default() }, ..all(FormatKind::Alert) };
        assert_eq!(seconds(&store, &filter).await, expected[first..last], "{page}");
    }
    let span = Span { from: Some(at(100)), to: Some(at(107)), page: 0 };
    let filter = Filter { span, ..all(FormatKind::Alert) };
    let severe = Filter { severity: Severity::Significant, ..filter.clone() };
    assert_eq!(seconds(&store, &severe).await, [107, 106, 103, 102]);
    let even = Filter { name: Some("even".into()), ..severe };
    assert_eq!(seconds(&store, &even).await, [106, 102]);
    assert_eq!(seconds(&store, &Filter { name: Some("Even".into()), ..filter }).await, [0; 0]);
    assert_eq!(seconds(&store, &all(FormatKind::Data)).await, [300]);
}

async fn the_newest_reports_are_kept_and_a_tenth_more(store: Store) {
    let store = store.with_reports(100);
    register(&store, "GH-1").await;
    store.keep_reports(&[data("sample", 0, None)]).await.unwrap();
    for round in 0..50 {
        let batch: Vec<_> = (0..7)
            .map(|n| alert("hot", Severity::Low, round * 7 + n, Some((1, (round * 7 + n) as u64))))
            .collect();
        store.keep_reports(&batch).await.unwrap();
        assert!(length(&store).await <= 1 + 100 + 10 + 7, "{round}");
    }
    assert_eq!(seconds(&store, &all(FormatKind::Alert)).await, (250..350).rev().collect::<Vec<_>>());
    assert_eq!(seconds(&store, &all(FormatKind::Data)).await, [0]);
}

async fn reports_go_with_their_device(store: Store) {
    let store = store.with_reports(10);
    let device = register(&store, "GH-1").await;
    store.keep_reports(&[data("sample", 0, None), alert("hot", Severity::Low, 1, None)]).await.unwrap();
    assert_eq!(length(&store).await, 2);
    store.delete(&device.id, 0).await.unwrap();
    assert_eq!(length(&store).await, 0);
    let kept = store.keep_reports(&[data("sample", 0, None)]).await.unwrap();
    assert_eq!(words(&kept), ["the device is not registered"]);
}
