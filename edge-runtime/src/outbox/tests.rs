//! The order of entries, and what becomes of them.

use edge_proto::payload::{Severity, Status};
use jiff::Timestamp;

use super::*;
use crate::clock::Moment;

fn outbox(entries: u64) -> Outbox {
    let outbox = Outbox::new(
        Arc::default(),
        Capacity::default(),
        Order::Numbers,
        Arc::new(LinkMetrics::new("TEST-1")),
    );
    outbox.push((0..entries).map(entry).collect::<Vec<_>>());
    outbox
}

fn entry(seq: u64) -> Entry {
    let origin = Origin::for_tests("TEST-1");
    origin.open_session(1);
    of(&origin, seq)
}

fn of(origin: &Arc<Origin>, seq: u64) -> Entry {
    let values = smallvec::smallvec![(0, b"1"[..].into())];
    let moment = Moment::said(Timestamp::UNIX_EPOCH);
    Entry::new(origin, Body::States(States::new(moment, seq, Scope::Changed, values)))
}

#[test]
fn who_has_no_session_waits_and_lets_others_pass() {
    let outbox = Outbox::new(
        Arc::default(),
        Capacity::default(),
        Order::Numbers,
        Arc::new(LinkMetrics::new("TEST-1")),
    );
    let [late, other] = ["LATE-1", "OTHER-1"].map(Origin::for_tests);
    other.open_session(1);
    outbox.push(vec![of(&late, 1), of(&other, 1), of(&late, 2)]);
    assert_eq!(send_all(&outbox), [1]);
    late.open_session(7);
    outbox.release();
    outbox.push(vec![of(&late, 3)]);
    assert_eq!(send_all(&outbox), [0, 2, 3]);
    assert_eq!(outbox.rewind(), 4);
    assert_eq!(send_all(&outbox), [0, 1, 2, 3]);
}

#[test]
fn forgetting_a_device_leaves_the_others() {
    let outbox = Outbox::new(
        Arc::default(),
        Capacity::default(),
        Order::Numbers,
        Arc::new(LinkMetrics::new("TEST-1")),
    );
    let [gone, other] = ["GONE-1", "OTHER-1"].map(Origin::for_tests);
    other.open_session(1);
    outbox.push(vec![of(&gone, 1), of(&other, 1), of(&gone, 2)]);
    assert_eq!(send_all(&outbox), [1]);
    assert_eq!((outbox.forget(&gone), outbox.pending(), gone.pending()), (2, 1, 0));
    assert!(outbox.acknowledge(1));
    let waker = futures_util::task::noop_waker();
    let context = Context::from_waker(&waker);
    assert_eq!(outbox.poll_acknowledged(2, &context), Poll::Ready(Err(Closed)));
    assert_eq!(outbox.poll_acknowledged(1, &context), Poll::Ready(Ok(())));
}

fn send_all(outbox: &Outbox) -> Vec<Token> {
    std::iter::from_fn(|| outbox.send_next(|number, _, _| number)).collect()
}

#[test]
fn what_is_not_acknowledged_is_sent_again_in_order() {
    let outbox = outbox(4);
    assert_eq!(send_all(&outbox), [0, 1, 2, 3]);
    assert!(outbox.acknowledge(2) && outbox.acknowledge(0));
    outbox.push(vec![entry(4)]);
    assert_eq!(outbox.rewind(), 2);
    assert_eq!(send_all(&outbox), [1, 3, 4]);
    assert_eq!(outbox.pending(), 3);
}

#[test]
fn what_is_accepted_on_the_connection_goes_before_the_backlog() {
    let outbox = outbox(4);
    let next = || outbox.send_next(|number, _, going| (number, going.is_late));
    assert_eq!([next(), next()], [Some((0, false)), Some((1, false))]);
    // The session was kept: 0 and 1 are on their way.
    assert_eq!(outbox.begin_backlog(), 2);
    outbox.push(vec![entry(4)]);
    assert_eq!([next(), next()], [Some((4, false)), Some((2, true))]);
    outbox.push(vec![entry(5)]);
    // Again, before all of it is sent: what has come since is late as well.
    assert_eq!(outbox.begin_backlog(), 2);
    outbox.push(vec![entry(6)]);
    let left = [(6, false), (3, true), (5, true)].map(Some);
    assert_eq!([next(), next(), next(), next()], [left[0], left[1], left[2], None]);

    // It was not: everything is unsent, in its order, and then there is more.
    assert_eq!((outbox.rewind(), outbox.begin_backlog()), (7, 7));
    outbox.push(vec![entry(7)]);
    let numbers: Vec<_> = std::iter::from_fn(next).collect();
    assert_eq!(numbers[0], (7, false));
    assert_eq!(numbers[1..], (0..7).map(|number| (number, true)).collect::<Vec<_>>());
}

#[test]
fn strange_acknowledgements_change_nothing() {
    let outbox = outbox(2);
    send_all(&outbox);
    assert!(outbox.acknowledge(0));
    assert!(!outbox.acknowledge(0) && !outbox.acknowledge(7) && !outbox.acknowledge(u64::MAX));
    assert_eq!(outbox.pending(), 1);
}

#[test]
fn setters_wait_when_it_is_full_and_go_on_when_it_is_not() {
    let outbox = outbox(Capacity::default().messages as u64);
    let origin = Origin::for_tests("TEST-1");
    let waker = futures_util::task::noop_waker();
    let mut turn = Turn::default();
    let mut poll = || outbox.poll_room(&origin, [0], &mut Waiter { waker: &waker, turn: &mut turn });
    assert!(poll().is_pending());
    send_all(&outbox);
    outbox.acknowledge(0);
    assert!(poll().is_ready());
}

#[test]
fn closing_answers_those_who_wait() {
    let outbox = outbox(1);
    let waker = futures_util::task::noop_waker();
    let context = Context::from_waker(&waker);
    assert!(outbox.poll_acknowledged(0, &context).is_pending());
    outbox.close();
    assert_eq!(outbox.poll_acknowledged(0, &context), Poll::Ready(Err(Closed)));
}

#[test]
fn what_comes_from_an_earlier_life_goes_behind_what_is_new_unless_what_comes_last_is_the_newest() {
    for (order, expected) in [(Order::Numbers, [1, 2, 0]), (Order::Arrival, [0, 1, 2])] {
        let outbox =
            Outbox::new(Arc::default(), Capacity::default(), order, Arc::new(LinkMetrics::new("TEST-1")));
        let origin = Origin::for_tests("TEST-1");
        origin.open_session(2);
        let mut old = of(&origin, 1);
        if let Body::States(states) = &mut old.body {
            states.scope = Scope::Recovered;
            states.rest_mut().session = Some(1);
        }
        outbox.push(vec![old]);
        outbox.push(vec![of(&origin, 1)]);
        outbox.push(vec![of(&origin, 2)]);
        assert_eq!(send_all(&outbox), expected, "{order:?}");
        outbox.rewind();
        outbox.begin_backlog();
        outbox.push(vec![of(&origin, 3)]);
        let again = if order == Order::Numbers { [3, 0, 1, 2] } else { [0, 1, 2, 3] };
        assert_eq!(send_all(&outbox), again, "{order:?}");
    }
}

/// Whoever closes waited for an acknowledgement that would never come.
#[tokio::test(start_paused = true)]
async fn who_waits_until_nothing_is_left_hears_of_it_however_the_last_one_goes() {
    use crate::model::AssetRules;
    use std::time::Duration;

    let rules = AssetRules { expiry: Some(Duration::from_secs(1)), ..AssetRules::DEFAULT };
    let outbox = outbox(0);
    let origin = Origin::ruled_for_tests("SHORT-1", rules);
    origin.open_session(1);
    outbox.push(vec![of(&origin, 1), of(&origin, 2)]);
    let start = Instant::now();
    let drained = tokio::time::timeout(Duration::from_secs(60), outbox.drained(&origin));
    tokio::select! {
        drained = drained => drained.expect("both have expired"),
        () = outbox.keep_time() => {}
    }
    assert_eq!((start.elapsed(), origin.expired()), (Duration::from_secs(1), 2));
}

#[test]
fn what_waits_for_room_is_known_once_and_forgotten_when_it_gives_up() {
    let outbox = outbox(Capacity::default().messages as u64);
    let origin = Origin::for_tests("TEST-1");
    let waker = futures_util::task::noop_waker();
    let mut turns: Vec<Turn> = (0..10).map(|_| Turn::default()).collect();
    for turn in &mut turns {
        for _ in 0..2 {
            assert!(outbox.poll_room(&origin, [0], &mut Waiter { waker: &waker, turn }).is_pending());
        }
    }
    assert_eq!(outbox.lock().want_room.len(), 10);
    turns.iter().skip(1).for_each(|turn| outbox.give_up(turn));
    assert_eq!(outbox.lock().want_room.len(), 1);
    send_all(&outbox);
    outbox.acknowledge(0);
    assert_eq!(outbox.lock().want_room.len(), 0);
    // What was woken has no place: giving it up takes nobody's.
    let mut another = Turn::default();
    outbox.push(vec![of(&origin, 1)]);
    assert!(outbox.poll_room(&origin, [0], &mut Waiter { waker: &waker, turn: &mut another }).is_pending());
    turns.iter().for_each(|turn| outbox.give_up(turn));
    assert_eq!(outbox.lock().want_room.len(), 1);
}

fn whole(origin: &Arc<Origin>, seq: u64) -> [Entry; 1] {
    let mut entry = of(origin, seq);
    if let Body::States(states) = &mut entry.body {
        states.scope = Scope::Whole;
    }
    [entry]
}

#[test]
fn who_waits_for_a_whole_state_waits_for_the_newest_one_in_its_place() {
    let outbox = outbox(0);
    let origin = Origin::for_tests("TEST-1");
    let went = |seq| Went::of(&outbox.push_whole(&origin, whole(&origin, seq)));
    let (first, second) = (went(1), went(2));
    assert_eq!([first.entries(), second.entries()], [1..2, 1..2]);
    origin.open_session(1);
    outbox.release();
    assert_eq!(send_all(&outbox), [1]);
    // It is on its way, so the next one is another.
    let third = went(3);
    assert_eq!([first.entries(), second.entries(), third.entries()], [1..2, 1..2, 2..3]);
    // Until it turns out that it did not arrive.
    outbox.rewind();
    let fourth = went(4);
    for went in [&first, &second, &third, &fourth] {
        assert_eq!((went.entries(), outbox.is_waiting(went)), (3..4, true));
    }
    assert_eq!(send_all(&outbox), [3]);
    let fifth = went(5);
    assert!(outbox.acknowledge(3));
    assert!([first, second, third, fourth].iter().all(|went| !outbox.is_waiting(went)));
    assert!(outbox.is_waiting(&fifth));
}

fn alert(origin: &Arc<Origin>, severity: Severity) -> Entry {
    let said = Said {
        name: "hot".into(),
        severity: Some(severity),
        description: "".into(),
        value: b"{}".to_vec(),
        is_to_be_stored: false,
    };
    let report = Report {
        moment: Moment::said(Timestamp::UNIX_EPOCH),
        seq: 1,
        session: None,
        said,
        is_recovered: false,
    };
    Entry::new(origin, Body::Report(Box::new(report)))
}

#[test]
fn v44_an_alert_that_matters_enough_lets_go_what_waits_and_goes_first() {
    let outbox = outbox(0);
    let origin = Origin::for_tests("TEST-1");
    origin.open_session(1);
    outbox.set_batch(&origin, Some(Batch::new().severity(Severity::Significant)));
    outbox.push(vec![of(&origin, 1)]);
    outbox.push(vec![of(&origin, 2)]);
    assert!(send_all(&outbox).is_empty());
    outbox.push(vec![alert(&origin, Severity::Normal)]);
    assert_eq!(send_all(&outbox), [2], "one that matters less goes alone");
    outbox.push(vec![alert(&origin, Severity::Significant)]);
    assert_eq!(send_all(&outbox), [3, 0, 1]);
    // All of it again, in the same order.
    assert_eq!(outbox.rewind(), 4);
    outbox.push(vec![of(&origin, 3)]);
    assert_eq!(send_all(&outbox), [2, 3, 0, 1]);
}

#[test]
fn v47_what_is_urgent_goes_first_on_every_session() {
    let outbox = outbox(2);
    let origin = Origin::for_tests("TEST-1");
    origin.open_session(1);
    outbox.push(vec![alert(&origin, Severity::Low)]);
    outbox.push(vec![of(&origin, 1)]);
    outbox.push(vec![alert(&origin, Severity::Critical)]);
    assert_eq!(send_all(&outbox), [2, 4, 0, 1, 3]);
    assert_eq!(outbox.rewind(), 5);
    assert!(outbox.acknowledge(4));
    assert_eq!(send_all(&outbox), [2, 0, 1, 3]);
    // A backlog: alerts of it go before what is new.
    assert_eq!((outbox.rewind(), outbox.begin_backlog()), (4, 4));
    outbox.push(vec![of(&origin, 2)]);
    assert_eq!(send_all(&outbox), [2, 5, 0, 1, 3]);
}

#[test]
fn v47_what_has_become_of_commands_goes_behind_alerts_and_before_states() {
    let outbox = outbox(0);
    let origin = Origin::for_tests("TEST-1");
    origin.open_session(1);
    let outcome = Outcome { id: "c1".into(), status: Status::Applied, value: None, reason: None };
    outbox.push(vec![of(&origin, 1)]);
    outbox.push(vec![Entry::new(&origin, Body::Outcome(Arc::new(outcome)))]);
    outbox.push(vec![alert(&origin, Severity::Normal)]);
    assert_eq!(send_all(&outbox), [2, 1, 0]);
    assert_eq!(outbox.rewind(), 3);
    assert_eq!(send_all(&outbox), [2, 1, 0]);
}

/// Of somebody else: it cannot be woken.
struct Broken;

impl std::task::Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("a waker that is broken");
    }
}

/// Lets go what a waker waits for that panics, and requires that the link is told of what came with it.
#[track_caller]
fn told_although_a_waker_panics(change: impl FnOnce(&Outbox, &Arc<Origin>)) {
    let (capacity, metrics) = (Capacity { messages: 1, bytes: 1024 }, Arc::new(LinkMetrics::new("TEST-1")));
    let outbox = Outbox::new(Arc::default(), capacity, Order::Numbers, metrics);
    let origin = Origin::for_tests("TEST-1");
    outbox.push_whole(&origin, whole(&origin, 1));
    assert!(send_all(&outbox).is_empty(), "its device has no session");
    let (waker, mut turn) = (Waker::from(Arc::new(Broken)), Turn::default());
    let waiter = &mut Waiter { waker: &waker, turn: &mut turn };
    assert!(outbox.poll_room_for_report(waiter).is_pending());
    outbox.news.hear();
    let changed = std::panic::AssertUnwindSafe(|| change(&outbox, &origin));
    std::panic::catch_unwind(changed).expect_err("nobody was woken");
    assert!(outbox.news.hear());
}

#[test]
fn the_link_is_told_of_what_comes_before_others_are_woken_who_may_panic() {
    told_although_a_waker_panics(|outbox, origin| drop(outbox.push_whole(origin, whole(origin, 2))));
}

#[test]
fn the_link_is_told_of_what_is_settled_before_others_are_woken_who_may_panic() {
    told_although_a_waker_panics(|outbox, _| {
        let fate = Arc::default();
        let unit =
            store::Unit { records: Vec::new(), numbers: 0..1, fate, origins: Vec::new(), is_first: true };
        let refused = StoreError::NoFolder { device: "TEST-1".to_owned() };
        outbox.settle(unit, Err(Arc::new(refused)), |_, _, _| {});
    });
}
