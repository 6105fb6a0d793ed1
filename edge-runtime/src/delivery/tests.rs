//! Whoever makes it that there is something to say tells the link, or is told by it: it does not ask otherwise.

use edge_proto::DeviceId;
use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::*;
use crate::clock::Moment;
use crate::ending;
use crate::future::BoxFuture;
use crate::hub::{Endpoint, Inbound};
use crate::link::{Hello, Link};
use crate::model::{AssetRules, Retention};
use crate::outbox::{Batch, Body, DiskFaults, Entry, OutboxConfig, Scope, States};
use crate::testing::MemoryPlatform;

/// Longer than anything is waited for here; by a clock that goes on when nothing else does.
const LONG: Duration = Duration::from_secs(30);

/// A link that never comes about: what is driven here is driven by the test.
#[derive(Debug)]
struct Nowhere;

impl Link for Nowhere {
    fn endpoint(&self) -> String {
        "nowhere".to_owned()
    }

    fn run(&self, _: Hello, _: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }
}

/// A device that can say how all is, and nothing else.
#[derive(Debug)]
struct Plain {
    hub: Arc<Hub>,
    origin: Arc<Origin>,
}

impl Endpoint for Plain {
    fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    fn take(self: Arc<Self>, _: Inbound) {}

    fn announce(&self) {
        self.hub.outbox.push_whole(&self.origin, [states(&self.origin, Scope::Whole)]);
    }

    fn resume_after(&self, _: u64) {}

    fn settled(&self, _: u64, _: bool) {}

    fn close(self: Arc<Self>) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }

    fn take_untold(&self) -> ending::Ended {
        Ok(())
    }

    fn abort(self: Arc<Self>, _: ending::Ended) {}
}

fn states(origin: &Arc<Origin>, scope: Scope) -> Entry {
    let values = smallvec::smallvec![(0, b"1"[..].into())];
    let moment = Moment::said(Timestamp::UNIX_EPOCH);
    Entry::new(origin, Body::States(States::new(moment, 1, scope, values)))
}

/// A device on a connection, and one on the same hub that has no session yet.
struct World {
    hub: Arc<Hub>,
    delivery: Delivery,
    origin: Arc<Origin>,
    late: Arc<Origin>,
    /// Of a command that is being handled.
    handled: Option<AckGuard>,
    /// The last message, and the last SUBSCRIBE.
    last: (Token, Token),
}

impl World {
    async fn new(config: OutboxConfig, rules: AssetRules) -> Self {
        let platform = MemoryPlatform::new().over(Nowhere).outbox(config);
        let hub = Hub::new(DeviceId::new("TEST-1").unwrap(), &platform);
        let [origin, late] = ["TEST-1", "LATE-1"].map(|id| Origin::ruled_for_tests(id, rules));
        for origin in [&origin, &late] {
            let device: Arc<dyn Endpoint> =
                Arc::new(Plain { hub: Arc::clone(&hub), origin: Arc::clone(origin) });
            hub.prepare(&device).await.unwrap();
            hub.join(device).unwrap();
        }
        origin.open_session(1);
        hub.opened(&origin);
        let mut delivery = Delivery::new(Arc::clone(&hub));
        delivery.connected(false);
        let mut world = Self { hub, delivery, origin, late, handled: None, last: (0, 0) };
        world.say_all();
        world
    }

    /// Until there is nothing more to say; and whoever was told before has heard it.
    fn say_all(&mut self) {
        while let Some(request) = self.delivery.next() {
            match request {
                Request::Publish(message) => self.last.0 = message.token,
                Request::Subscribe(token, _) => self.last.1 = token,
                _ => {}
            }
        }
        let _ = self.delivery.ready().notified().now_or_never();
    }

    fn push(&self, origin: &Arc<Origin>) {
        self.hub.outbox.push([states(origin, Scope::Changed)]);
    }

    fn close(&self) {
        let hub = Arc::clone(&self.hub);
        tokio::spawn(async move { hub.close(LONG).await });
    }

    /// Waits until the link is told.
    async fn is_told(&self) -> bool {
        tokio::time::timeout(LONG, self.delivery.ready().notified()).await.is_ok()
    }
}

/// How the link comes to hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// It is notified.
    Told,
    /// It has said so itself, and asks after that.
    Itself,
}

/// A name, how it is heard, what is so before, and what happens then.
type Row = (&'static str, Heard, fn(&mut World), fn(&mut World));

const ROWS: &[Row] = &[
    ("a state", Heard::Told, |_| {}, |world| world.push(&world.origin)),
    (
        "a session",
        Heard::Told,
        |world| world.push(&world.late),
        |world| {
            world.late.open_session(2);
            world.hub.outbox.release();
        },
    ),
    (
        "a batch that is due",
        Heard::Told,
        |world| {
            let batch = Batch::new().every(Duration::from_secs(1));
            world.hub.set_batch(&world.origin, Some(batch));
            world.push(&world.origin);
        },
        |_| {},
    ),
    (
        "another batch",
        Heard::Told,
        |world| {
            world.hub.set_batch(&world.origin, Some(Batch::new()));
            world.push(&world.origin);
        },
        |world| world.hub.set_batch(&world.origin, None),
    ),
    (
        "a command that is handled",
        Heard::Told,
        |world| world.handled = Some(world.hub.acks.expect(Some(7))),
        |world| world.handled.take().unwrap().done(),
    ),
    (
        "a device that joins",
        Heard::Told,
        |_| {},
        |world| {
            world.late.open_session(2);
            world.hub.opened(&world.late);
        },
    ),
    ("a device that leaves", Heard::Told, |_| {}, |world| world.hub.leave(&world.origin)),
    (
        "somebody who listens",
        Heard::Told,
        |_| {},
        |world| world.hub.moved(Move::Listens(Arc::clone(&world.origin), Channel::Feed)),
    ),
    ("who is to say how all is", Heard::Told, |_| {}, |world| world.hub.ask_to_announce(&world.origin)),
    (
        "a subscription that is asked for again",
        Heard::Told,
        |_| {},
        |world| {
            let (endpoint, filter) = ("nowhere".to_owned(), "a".to_owned());
            world.delivery.subscribed(world.last.1, vec![(0, LinkError::Subscription { endpoint, filter })]);
            assert!(world.delivery.next().is_none(), "that has its time");
        },
    ),
    ("the end", Heard::Told, |_| {}, |world| world.close()),
    (
        "the end, when the last state is too old",
        Heard::Told,
        |world| {
            world.push(&world.late);
            world.close();
        },
        |_| {},
    ),
    (
        "the end, when the last device is gone",
        Heard::Told,
        |world| {
            world.late.set_leaving();
            world.push(&world.late);
            world.close();
        },
        |world| assert_eq!(world.hub.outbox.forget(&world.late), 1),
    ),
    (
        "an acknowledgement when no more may be on its way",
        Heard::Itself,
        |world| (0..=WINDOW).for_each(|_| world.push(&world.origin)),
        |world| world.delivery.acknowledged(world.last.0),
    ),
    (
        "a state, between two connections",
        Heard::Itself,
        |_| {},
        |world| {
            world.push(&world.origin);
            world.delivery.is_in_haste();
        },
    ),
    ("a connection", Heard::Itself, |_| {}, |world| world.delivery.connected(false)),
];

#[tokio::test(start_paused = true)]
async fn who_makes_that_there_is_something_to_say_tells_it() {
    let rules = AssetRules { expiry: Some(Duration::from_secs(10)), ..AssetRules::DEFAULT };
    for (what, heard, before, happens) in ROWS {
        let mut world = World::new(OutboxConfig::new(), rules).await;
        before(&mut world);
        // Who was started is there.
        tokio::task::yield_now().await;
        world.say_all();
        assert!(world.delivery.next().is_none(), "{what}: not yet");
        happens(&mut world);
        assert!(*heard == Heard::Itself || world.is_told().await, "{what}: nobody was told");
        assert!(world.delivery.next().is_some(), "{what}: there is nothing");
    }
}

#[tokio::test]
async fn who_has_stored_what_is_to_be_said_tells_it() {
    let (folder, faults) = (tempfile::tempdir().unwrap(), DiskFaults::default());
    let config = OutboxConfig::new().folder(folder.path()).disk_faults(&faults);
    let rules = AssetRules { retention: Retention::Stored, ..AssetRules::DEFAULT };
    let mut world = World::new(config, rules).await;
    faults.hold_flush(true);
    world.push(&world.origin);
    world.say_all();
    faults.hold_flush(false);
    assert!(world.is_told().await);
    assert!(world.delivery.next().is_some());
    world.hub.abort();
}
