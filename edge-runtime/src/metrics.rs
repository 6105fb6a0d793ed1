//! What a link counts, for the recorder of the `metrics` crate that the program has installed.
//!
//! The handles are made once for each link, and nothing is looked up by name afterwards. Without a recorder
//! every call is a look at an empty handle. Nothing is labelled with devices: a link may have ten thousand.
//! What the figures mean for users is on a page of its own, `docs/observability.md`; a test compares the two.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use edge_proto::payload::Status;
use jiff::SignedDuration;
use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};
use tokio::time::Instant;

use crate::link::{LinkError, Token};

const LINK: &str = "link";
const STATUS: &str = "status";
const SESSION: &str = "session";
const REASON: &str = "reason";

const CONNECTED: &str = "edge_connected";
const CONNECTIONS: &str = "edge_connections_total";
const RECONNECTS: &str = "edge_reconnects_total";
const LINK_ERRORS: &str = "edge_link_errors_total";
const PUBLISHED: &str = "edge_published_total";
const ACKNOWLEDGED: &str = "edge_acknowledged_total";
const REPLAYED: &str = "edge_replayed_total";
const DROPPED: &str = "edge_dropped_total";
const UNSYNCED: &str = "edge_unsynced_total";
const OUTBOX_MESSAGES: &str = "edge_outbox_messages";
const OUTBOX_AGE: &str = "edge_outbox_age_seconds";
const BARRED: &str = "edge_barred_topics";
const COMMANDS: &str = "edge_commands_total";
const COMMANDS_REFUSED: &str = "edge_commands_refused_total";
const COMMANDS_REPEATED: &str = "edge_commands_repeated_total";
const IGNORED: &str = "edge_ignored_total";
const HANDLER: &str = "edge_handler_seconds";

/// Why a message left the outbox without having been delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// Its device was closed, and the broker did not acknowledge it in time.
    Closed,
    /// There was no room in the outbox or no connection, and its asset lets it go then.
    Full,
    /// It was older than its asset's expiry.
    Expired,
}

impl Lost {
    const ALL: [Self; 3] = [Self::Closed, Self::Full, Self::Expired];

    fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Full => "full",
            Self::Expired => "expired",
        }
    }
}

/// The values of the label `reason` of [`LINK_ERRORS`], in the order of [`broken`].
const BROKEN: [&str; 6] = ["connection", "silent", "displaced", "refused", "subscription", "barred"];

fn broken(error: &LinkError) -> usize {
    match error {
        LinkError::Connection { .. } => 0,
        LinkError::Silent { .. } => 1,
        LinkError::Displaced { .. } => 2,
        LinkError::Refused { .. } => 3,
        LinkError::Subscription { .. } => 4,
        LinkError::Barred { .. } => 5,
    }
}

/// The values of the label `reason` of [`COMMANDS_REFUSED`].
pub(crate) const REFUSED: [&str; 16] = [
    "payload",
    "unknown_asset",
    "not_commandable",
    "value",
    "unknown_action",
    "argument",
    "expired",
    "retained",
    "busy",
    "closing",
    "handler",
    "veto",
    "panic",
    "timeout",
    "applied",
    "state",
];

/// The figures of one link.
#[derive(Debug)]
pub(crate) struct LinkMetrics {
    connected: Gauge,
    connections_new: Counter,
    connections_kept: Counter,
    reconnects: Counter,
    errors: [Counter; BROKEN.len()],
    published: Counter,
    acknowledged: Counter,
    replayed: Counter,
    dropped: [Counter; Lost::ALL.len()],
    unsynced: Counter,
    outbox_messages: Gauge,
    outbox_age: Gauge,
    barred: Gauge,
    commands: [Counter; 4],
    refusals: [Counter; REFUSED.len()],
    repeated: Counter,
    ignored: Counter,
    handler: Histogram,
}

impl LinkMetrics {
    /// Those of the link of this owner, with the recorder that is installed now.
    pub(crate) fn new(owner: &str) -> Self {
        describe();
        let link = || owner.to_owned();
        let one = |name: &'static str| counter!(name, LINK => link());
        let by = |name: &'static str, label: &'static str, word: &'static str| counter!(name, LINK => link(), label => word);
        Self {
            connected: gauge!(CONNECTED, LINK => link()),
            connections_new: by(CONNECTIONS, SESSION, "new"),
            connections_kept: by(CONNECTIONS, SESSION, "kept"),
            reconnects: one(RECONNECTS),
            errors: BROKEN.map(|word| by(LINK_ERRORS, REASON, word)),
            published: one(PUBLISHED),
            acknowledged: one(ACKNOWLEDGED),
            replayed: one(REPLAYED),
            dropped: Lost::ALL.map(|lost| by(DROPPED, REASON, lost.word())),
            unsynced: one(UNSYNCED),
            outbox_messages: gauge!(OUTBOX_MESSAGES, LINK => link()),
            outbox_age: gauge!(OUTBOX_AGE, LINK => link()),
            barred: gauge!(BARRED, LINK => link()),
            commands: STATUSES.map(|status| by(COMMANDS, STATUS, word(status))),
            refusals: REFUSED.map(|word| by(COMMANDS_REFUSED, REASON, word)),
            repeated: one(COMMANDS_REPEATED),
            ignored: one(IGNORED),
            handler: histogram!(HANDLER, LINK => link()),
        }
    }

    /// A connection is established. `again`: it is not the link's first.
    pub(crate) fn connected(&self, kept: bool, again: bool) {
        if kept { &self.connections_kept } else { &self.connections_new }.increment(1);
        self.reconnects.increment(u64::from(again));
    }

    /// There is a connection.
    pub(crate) fn online(&self) {
        self.connected.set(1.0);
    }

    /// A connection broke, or an attempt at one failed.
    pub(crate) fn lost(&self, error: &LinkError) {
        self.disconnected();
        self.failed(error);
    }

    /// The broker did not do what it was asked.
    pub(crate) fn failed(&self, error: &LinkError) {
        self.errors[broken(error)].increment(1);
    }

    /// There is no connection, for whatever reason.
    pub(crate) fn disconnected(&self) {
        self.connected.set(0.0);
    }

    /// A message went to the broker for the first time on its session.
    pub(crate) fn published(&self) {
        self.published.increment(1);
    }

    /// The broker has acknowledged a message.
    pub(crate) fn acknowledged(&self) {
        self.acknowledged.increment(1);
    }

    /// So many messages had been sent on an earlier connection, and are sent again.
    pub(crate) fn replayed(&self, messages: usize) {
        self.replayed.increment(messages as u64);
    }

    /// So many messages left the outbox without having been delivered.
    pub(crate) fn dropped(&self, why: Lost, messages: usize) {
        self.dropped[why as usize].increment(messages as u64);
    }

    /// So many states or reports have a time that may be wrong.
    pub(crate) fn unsynced(&self, count: usize) {
        self.unsynced.increment(count as u64);
    }

    /// How many messages wait in the outbox, for how long the oldest of them has, and on how many topics the broker takes
    /// nothing.
    pub(crate) fn outbox(&self, messages: usize, age: Duration, barred: usize) {
        self.outbox_messages.set(messages as f64);
        self.outbox_age.set(age.as_secs_f64());
        self.barred.set(barred as f64);
    }

    /// A command was answered, or would have been if it had an id; `refusal`: one of [`REFUSED`].
    pub(crate) fn answered(&self, status: Status, refusal: Option<&str>) {
        self.commands[status as usize].increment(1);
        debug_assert!(refusal.is_none_or(|refusal| REFUSED.contains(&refusal)), "{refusal:?}");
        let refusal = refusal.and_then(|refusal| REFUSED.iter().position(|word| *word == refusal));
        refusal.into_iter().for_each(|refusal| self.refusals[refusal].increment(1));
    }

    /// A command came again, and was answered from memory.
    pub(crate) fn repeated(&self) {
        self.repeated.increment(1);
    }

    /// A message came that is nobody's here.
    pub(crate) fn ignored(&self) {
        self.ignored.increment(1);
    }

    /// A handler's method ended, or was ended, after this long.
    pub(crate) fn handled(&self, took: Duration) {
        self.handler.record(took);
    }
}

/// In the order of their numbers.
const STATUSES: [Status; 4] = [Status::Applied, Status::Rejected, Status::Failed, Status::Timeout];

fn word(status: Status) -> &'static str {
    match status {
        Status::Applied => "applied",
        Status::Rejected => "rejected",
        Status::Failed => "failed",
        Status::Timeout => "timeout",
    }
}

/// Says what the figures are, to recorders that show it.
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!(CONNECTED, "1 while the link is connected to the broker, else 0");
    describe_counter!(CONNECTIONS, "Connections that were established");
    describe_counter!(RECONNECTS, "Connections that were established after another one had been lost");
    describe_counter!(
        LINK_ERRORS,
        "Connections that broke, attempts that failed, and subscriptions that were refused"
    );
    describe_counter!(PUBLISHED, "Messages given to the broker for the first time on a session");
    describe_counter!(ACKNOWLEDGED, "Messages that the broker has acknowledged");
    describe_counter!(REPLAYED, "Messages that were sent again after a connection was lost");
    describe_counter!(DROPPED, "Messages that left the outbox and were not delivered");
    describe_counter!(
        UNSYNCED,
        "States, alerts and data with a time from a clock that was not to be believed"
    );
    describe_gauge!(OUTBOX_MESSAGES, "Messages that wait for their acknowledgement");
    describe_gauge!(OUTBOX_AGE, Unit::Seconds, "For how long the oldest message in the outbox has waited");
    describe_gauge!(BARRED, "Topics on which the broker takes nothing, and what is for them waits");
    describe_counter!(COMMANDS, "Commands by what became of them");
    describe_counter!(COMMANDS_REFUSED, "Commands that were not applied, by why");
    describe_counter!(COMMANDS_REPEATED, "Commands that came again and were answered from memory");
    describe_counter!(IGNORED, "Messages on topics that are no device's of the link");
    describe_histogram!(HANDLER, Unit::Seconds, "How long handlers' methods took");
}

/// For how long an entry has waited, as far as it knows itself.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Waited {
    /// Counted.
    For(Duration),
    /// By its time and the clock on the wall: it may be the program that says the time, and somebody who sets the clock.
    Perhaps(SignedDuration),
    Unknown,
}

/// How long the oldest entry of an outbox has been there. What it knows itself is held against what is known by looking at the
/// numbers now and then: it came between the first look that found it and the one before. Holds at most one mark for each number in the
/// outbox.
#[derive(Debug, Default)]
pub(crate) struct Ages {
    looked: Option<Instant>,
    /// Oldest first.
    seen: VecDeque<Seen>,
}

#[derive(Debug)]
struct Seen {
    /// All below this number were there at the second time.
    end: Token,
    /// ... and those that no other mark knows were not at the first.
    between: (Instant, Instant),
}

impl Ages {
    /// Looks at the numbers of what is in the outbox, `now`. Returns the age of the first.
    pub(crate) fn look(&mut self, numbers: &Range<Token>, waited: Waited, now: Instant) -> Duration {
        let before = self.looked.replace(now).unwrap_or(now);
        while self.seen.pop_front_if(|seen| seen.end <= numbers.start).is_some() {}
        if self.seen.back().map_or(numbers.start, |seen| seen.end) < numbers.end {
            self.seen.push_back(Seen { end: numbers.end, between: (before, now) });
        }
        let Some(Seen { between: (before, found), .. }) = self.seen.front() else { return Duration::ZERO };
        let ago = |at: Instant| now.saturating_duration_since(at);
        match waited {
            Waited::For(time) => time,
            Waited::Perhaps(time) => {
                Duration::try_from(time).unwrap_or_default().clamp(ago(*found), ago(*before))
            }
            Waited::Unknown => ago(*found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at some seconds: what is there, what the first says, and what follows.
    #[track_caller]
    fn check(looks: &[(u64, Range<Token>, Waited, u64)]) {
        let (mut ages, start) = (Ages::default(), Instant::now());
        for (seconds, numbers, waited, expected) in looks {
            let age = ages.look(numbers, *waited, start + Duration::from_secs(*seconds));
            assert_eq!(age, Duration::from_secs(*expected), "{seconds}: {numbers:?}");
        }
    }

    #[test]
    fn what_knows_nothing_is_as_old_as_the_first_look_at_it() {
        let looks = [
            (0, 0..0, 0),
            (5, 0..2, 0),
            (10, 0..2, 5),
            (15, 0..9, 10),
            // The first two are gone: what is first now was seen at 15.
            (20, 2..9, 5),
            (25, 8..9, 10),
            (30, 9..9, 0),
            (35, 9..10, 0),
        ];
        check(&looks.map(|(seconds, numbers, expected)| (seconds, numbers, Waited::Unknown, expected)));
    }

    #[test]
    fn what_says_since_when_it_waits_is_believed_as_far_as_it_can_be_true() {
        let perhaps = |seconds| Waited::Perhaps(SignedDuration::from_secs(seconds));
        check(&[
            (0, 0..0, Waited::Unknown, 0),
            (5, 0..2, perhaps(3), 3),
            (10, 0..4, perhaps(8), 8),
            // The second, which came with the first; then the third, which did not.
            (15, 1..4, perhaps(11), 11),
            (20, 2..4, perhaps(11), 11),
            // Somebody has set the clock, or the program has said when it held.
            (25, 2..4, perhaps(-3600), 15),
            (30, 2..4, perhaps(3600), 25),
            // From an earlier life.
            (35, 3..4, Waited::For(Duration::from_secs(3600)), 3600),
            (40, 4..4, Waited::Unknown, 0),
        ]);
    }

    #[test]
    fn every_way_to_lose_a_message_has_a_word() {
        assert_eq!(Lost::ALL.map(|lost| lost as usize), [0, 1, 2]);
        assert_eq!(STATUSES.map(|status| status as usize), [0, 1, 2, 3]);
    }
}
