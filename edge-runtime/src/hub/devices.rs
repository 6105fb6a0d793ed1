//! The devices of a hub, and how they come and go.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use edge_proto::DeviceId;

use super::inbound::Arrived;
use super::{Endpoint, Hub, Unjoined};
use crate::listening::Channel;
use crate::lock::lock;
use crate::origin::Origin;

/// A device that came or went while the connection lasts.
#[derive(Debug)]
pub(crate) enum Move {
    Joined(Arc<Origin>),
    Left(Arc<Origin>),
    /// Its subscription was refused, and it asks again.
    Asks(Arc<Origin>),
    /// It wants to hear a channel.
    Listens(Arc<Origin>, Channel),
    /// Nobody listens to it any more.
    Ignores(Arc<Origin>, Channel),
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Devices {
    /// Mostly there are few: found sooner than their ids are hashed.
    pub(super) members: BTreeMap<DeviceId, Arc<dyn Endpoint>>,
    /// Heard by the link's task, which forgets them when it connects.
    moves: Vec<Move>,
    /// Asked to publish their state again; heard by the announcer.
    pub(super) to_announce: HashSet<DeviceId>,
    /// Refused their subscriptions; heard by who asks again.
    pub(super) refused: Vec<Arc<Origin>>,
    /// Commands for devices that are not here yet, or that are and get what came before first.
    pub(super) early: Vec<Arrived>,
    /// Here, and given what came early.
    pub(super) joining: HashSet<DeviceId>,
    /// No more come.
    is_closed: bool,
    /// All that start with the program are here, or will not come.
    pub(super) has_settled: bool,
}

impl Devices {
    /// Whether a device is there, and not another one under its serial number.
    fn has(&self, origin: &Arc<Origin>) -> bool {
        self.members.get(&origin.id).is_some_and(|it| Arc::ptr_eq(it.origin(), origin))
    }
}

/// Held while a device closes.
#[must_use]
#[derive(Debug)]
pub(crate) struct Departure<'a>(&'a Hub);

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        self.0.departing.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Hub {
    pub(super) fn devices(&self) -> MutexGuard<'_, Devices> {
        lock(&self.devices)
    }

    /// Adds a device. Its commands arrive from when it has its session: see [`opened`](Self::opened).
    pub(crate) fn join(self: &Arc<Self>, device: Arc<dyn Endpoint>) -> Result<(), Unjoined> {
        let mut devices = self.devices();
        let id = &device.origin().id;
        if devices.members.contains_key(id) {
            return Err(Unjoined::Taken);
        }
        if devices.is_closed || self.is_closing() {
            return Err(Unjoined::Closed);
        }
        devices.members.insert(id.clone(), Arc::clone(&device));
        devices.joining.insert(id.clone());
        drop(devices);
        while let Some(early) = self.take_early(id) {
            early.into_iter().for_each(|message| self.hand_over(&device, message));
        }
        self.measure();
        Ok(())
    }

    /// A device that joined has its session: it is subscribed and announced, and what it has in the
    /// outbox may go.
    pub(crate) fn opened(self: &Arc<Self>, origin: &Arc<Origin>) {
        self.note(Move::Joined(Arc::clone(origin)));
        self.outbox.release();
        self.tell();
        self.connect();
    }

    /// Takes a device out.
    pub(crate) fn leave(&self, origin: &Arc<Origin>) {
        let mut devices = self.devices();
        if devices.has(origin) {
            devices.members.remove(&origin.id);
            drop(devices);
            origin.listening.close();
            self.moved(Move::Left(Arc::clone(origin)));
        }
    }

    /// A device closes, and is in haste to deliver what is left as long as the guard lives.
    pub(crate) fn depart(&self) -> Departure<'_> {
        self.departing.fetch_add(1, Ordering::Relaxed);
        self.outbox.news.tell();
        Departure(self)
    }

    /// Whether a device closes.
    pub(crate) fn is_departing(&self) -> bool {
        self.departing.load(Ordering::Relaxed) > 0
    }

    /// Tells the link's task.
    pub(crate) fn moved(&self, change: Move) {
        self.note(change);
        self.outbox.news.tell();
    }

    pub(super) fn note(&self, change: Move) {
        let mut devices = self.devices();
        devices.moves.push(change);
        self.has_moved.store(true, Ordering::Release);
    }

    /// The devices that have a session.
    pub(crate) fn origins(&self) -> Vec<Arc<Origin>> {
        let devices = self.devices();
        let origins = devices.members.values().map(|device| device.origin());
        origins.filter(|origin| origin.session() > 0).map(Arc::clone).collect()
    }

    /// From now on no device joins. Returns those that have.
    pub(crate) fn close_door(&self) -> Vec<Arc<dyn Endpoint>> {
        let mut devices = self.devices();
        devices.is_closed = true;
        devices.members.values().map(Arc::clone).collect()
    }

    pub(crate) fn members(&self) -> Vec<Arc<dyn Endpoint>> {
        self.devices().members.values().map(Arc::clone).collect()
    }

    /// Who came and went since this was last called.
    pub(crate) fn moves(&self) -> Vec<Move> {
        // It is asked for with every message, and there are few.
        if !self.has_moved.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.has_moved.store(false, Ordering::Relaxed);
        // The lock orders the two: what is noted after this is marked again.
        std::mem::take(&mut self.devices().moves)
    }
}
