//! Where messages come from: a device's id, its model, its session, and how it stands with the broker.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard};

use edge_proto::DeviceId;
use jiff::Timestamp;

use crate::failures::{ErrorCause, ErrorEvent, Failures, Ignored, OfModel, Sending};
use crate::link::{LinkError, Token};
use crate::listening::Listening;
use crate::lock::lock;
use crate::model::DeviceModel;

/// What delivery must know of a device.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) id: DeviceId,
    pub(crate) model: &'static DeviceModel,
    /// Whose connection it is on, if not its own.
    pub(crate) via: Option<DeviceId>,
    session: AtomicU64,
    standing: Mutex<Standing>,
    /// What is heard besides commands.
    pub(crate) listening: Listening,
    /// Who hears of what is not delivered.
    pub(crate) failures: Failures,
    /// Its session at the broker has its subscriptions, if that is kept.
    subscribed: AtomicBool,
    leaving: AtomicBool,
    /// Entries in the outbox.
    pending: AtomicUsize,
    acknowledged: AtomicU64,
    /// The first entry that is not stored yet.
    held_from: AtomicU64,
    /// The first entry that waits for more to come.
    gathers_from: AtomicU64,
    /// Topics on which the broker takes nothing.
    barred: AtomicUsize,
    dropped: AtomicU64,
    expired: AtomicU64,
    pub(crate) traffic: Traffic,
}

/// What has gone over the connection, and come.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) sent: Counter,
    pub(crate) retried: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) received: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) disconnects: Counter,
    pub(crate) undelivered: Counter,
}

/// Only grows. Written by one task at a time, read by all.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.store(self.get() + count as u64, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Why a state that was accepted will not be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// There was no room, and the asset says that it may go.
    Dropped,
    /// It was older than the asset's expiry.
    Expired,
}

/// How a device stands with the broker.
#[derive(Clone, Debug, Default)]
pub(crate) enum Standing {
    /// Not connected, or not subscribed yet.
    #[default]
    Waiting,
    /// Its commands arrive.
    Online,
    /// The broker does not let it have its commands.
    Refused(Arc<LinkError>),
}

impl Origin {
    pub(crate) fn new(id: DeviceId, model: &'static DeviceModel, via: Option<DeviceId>) -> Arc<Self> {
        Arc::new(Self {
            id,
            model,
            via,
            session: AtomicU64::new(0),
            standing: Mutex::default(),
            listening: Listening::default(),
            failures: Failures::default(),
            subscribed: AtomicBool::new(false),
            leaving: AtomicBool::new(false),
            pending: AtomicUsize::new(0),
            acknowledged: AtomicU64::new(0),
            held_from: AtomicU64::new(Token::MAX),
            gathers_from: AtomicU64::new(Token::MAX),
            barred: AtomicUsize::new(0),
            dropped: AtomicU64::new(0),
            expired: AtomicU64::new(0),
            traffic: Traffic::default(),
        })
    }

    /// The number that the registry handed out; 0 before that, and then nothing is sent.
    pub(crate) fn session(&self) -> u64 {
        self.session.load(Relaxed)
    }

    pub(crate) fn open_session(&self, number: u64) {
        self.session.store(number, Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        lock(&self.standing)
    }

    pub(crate) fn standing(&self) -> Standing {
        self.lock().clone()
    }

    pub(crate) fn set_standing(&self, standing: Standing) {
        *self.lock() = standing;
    }

    /// Whether the broker has granted its subscriptions once: a session that is kept has them.
    pub(crate) fn is_subscribed(&self) -> bool {
        self.subscribed.load(Relaxed)
    }

    pub(crate) fn set_subscribed(&self, subscribed: bool) {
        self.subscribed.store(subscribed, Relaxed);
    }

    /// Whether it is about to go: then it is not announced as online any more.
    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Relaxed)
    }

    pub(crate) fn set_leaving(&self) {
        self.leaving.store(true, Relaxed);
    }

    /// How many entries of the device wait for their acknowledgement.
    pub(crate) fn pending(&self) -> usize {
        self.pending.load(Relaxed)
    }

    /// How many were acknowledged.
    pub(crate) fn acknowledgements(&self) -> u64 {
        self.acknowledged.load(Relaxed)
    }

    /// An entry came into the outbox. Told under its lock, as what follows: so reading and writing is enough.
    pub(crate) fn accepted(&self) {
        self.pending.store(self.pending() + 1, Relaxed);
    }

    /// An entry has left the outbox.
    pub(crate) fn left(&self) {
        self.pending.store(self.pending() - 1, Relaxed);
    }

    /// ... because the broker has it. Told by the link's task.
    pub(crate) fn acknowledged(&self) {
        self.acknowledged.store(self.acknowledgements() + 1, Relaxed);
    }

    /// Entries from this one on wait until it is stored.
    pub(crate) fn held_from(&self) -> Token {
        self.held_from.load(Relaxed)
    }

    pub(crate) fn hold_from(&self, entry: Token) {
        self.held_from.store(entry, Relaxed);
    }

    /// States and data from this one on wait for more to come.
    pub(crate) fn gathers_from(&self) -> Token {
        self.gathers_from.load(Relaxed)
    }

    pub(crate) fn gather_from(&self, entry: Token) {
        self.gathers_from.store(entry, Relaxed);
    }

    /// The broker takes nothing on one more of its topics. Told under the outbox's lock.
    pub(crate) fn bar(&self) {
        self.barred.store(self.barred() + 1, Relaxed);
    }

    /// ... and on one less.
    pub(crate) fn unbar(&self) {
        self.barred.store(self.barred().saturating_sub(1), Relaxed);
    }

    /// ... and on none: the device goes.
    pub(crate) fn unbar_all(&self) {
        self.barred.store(0, Relaxed);
    }

    /// On how many of its topics the broker takes nothing.
    pub(crate) fn barred(&self) -> usize {
        self.barred.load(Relaxed)
    }

    /// A state will not be delivered.
    pub(crate) fn lost(&self, gone: Gone) {
        let count = match gone {
            Gone::Dropped => &self.dropped,
            Gone::Expired => &self.expired,
        };
        count.fetch_add(1, Relaxed);
    }

    /// Tells who listens that something was not delivered. Not under a lock of the outbox's.
    pub(crate) fn failed(&self, sending: Sending, cause: ErrorCause) {
        let (device, at) = (self.id.to_string(), Timestamp::now());
        let (missed, ignored) = (0, Ignored::default());
        let model = OfModel(self.model);
        self.failures.tell(&ErrorEvent { device, at, sending, cause, missed, ignored, model });
    }

    /// How many states were dropped.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// How many states have expired.
    pub(crate) fn expired(&self) -> u64 {
        self.expired.load(Relaxed)
    }

    #[cfg(test)]
    pub(crate) fn for_tests(id: &str) -> Arc<Self> {
        Self::ruled_for_tests(id, crate::model::AssetRules::DEFAULT)
    }

    /// A device whose one asset has these rules.
    #[cfg(test)]
    pub(crate) fn ruled_for_tests(id: &str, rules: crate::model::AssetRules) -> Arc<Self> {
        Self::with_assets_for_tests(id, [rules])
    }

    /// A device whose assets have these rules.
    #[cfg(test)]
    pub(crate) fn with_assets_for_tests<const N: usize>(
        id: &str,
        rules: [crate::model::AssetRules; N],
    ) -> Arc<Self> {
        use crate::model::{AssetModel, AssetRules, NO_ASSETS};
        use crate::value::AssetValue;
        const ASSET: AssetModel = AssetModel {
            name: "test",
            alias: "",
            kind: edge_proto::Kind::Sensor,
            title: "Test",
            description: "",
            unit: "",
            limits: edge_proto::Limits::NONE,
            rules: AssetRules::DEFAULT,
            default: None,
            codec: <u8 as AssetValue>::CODEC,
        };
        let assets = Box::leak(Box::new(rules.map(|rules| AssetModel { rules, ..ASSET })));
        let model = Box::leak(Box::new(DeviceModel { urn: "urn:test", assets, ..NO_ASSETS }));
        Self::new(DeviceId::new(id).expect("a name"), model, None)
    }
}
