//! What waits of assets that have limits of their own, or whose states may be dropped.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::memory::give_back;
use crate::link::Token;
use crate::origin::Origin;

/// What waits of one asset.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// The entries with a state of it, in their order.
    pub(super) numbers: VecDeque<Token>,
    pub(super) bytes: usize,
    /// States that were dropped, and of which no message tells yet.
    pub(super) untold: u64,
}

impl Lane {
    fn add(&mut self, number: Token, bytes: usize) {
        self.numbers.push_back(number);
        self.bytes += bytes;
    }

    fn remove(&mut self, number: Token, bytes: usize) {
        if let Ok(index) = self.numbers.binary_search(&number) {
            self.numbers.remove(index);
            give_back(&mut self.numbers);
            self.bytes -= bytes;
        }
    }
}

/// A device's asset: by the address of its origin, which lives as long as it has entries.
type Key = (usize, usize);

fn key(origin: &Arc<Origin>, asset: usize) -> Key {
    (Arc::as_ptr(origin) as usize, asset)
}

/// All lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes(HashMap<Key, Lane>);

impl Lanes {
    pub(super) fn get(&self, origin: &Arc<Origin>, asset: usize) -> Option<&Lane> {
        self.0.get(&key(origin, asset))
    }

    pub(super) fn add(&mut self, origin: &Arc<Origin>, asset: usize, number: Token, bytes: usize) {
        self.0.entry(key(origin, asset)).or_default().add(number, bytes);
    }

    pub(super) fn remove(&mut self, origin: &Arc<Origin>, asset: usize, number: Token, bytes: usize) {
        if let Some(lane) = self.0.get_mut(&key(origin, asset)) {
            lane.remove(number, bytes);
        }
    }

    /// States were dropped of which no message can tell yet.
    pub(super) fn owe(&mut self, origin: &Arc<Origin>, asset: usize, count: u64) {
        self.0.entry(key(origin, asset)).or_default().untold += count;
    }

    /// How many were dropped of which no message tells: the next one does.
    pub(super) fn take_untold(&mut self, origin: &Arc<Origin>, asset: usize) -> u64 {
        self.0.get_mut(&key(origin, asset)).map_or(0, |lane| std::mem::take(&mut lane.untold))
    }

    /// Whether there are states that were dropped, and of which no message tells.
    pub(super) fn owe_something(&self) -> bool {
        self.0.values().any(|lane| lane.untold > 0)
    }

    /// The device is gone.
    pub(super) fn forget(&mut self, origin: &Arc<Origin>) {
        let address = Arc::as_ptr(origin) as usize;
        self.0.retain(|(of, _), _| *of != address);
    }
}
