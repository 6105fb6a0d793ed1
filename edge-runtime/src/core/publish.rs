//! What of the values that were accepted is told, and when: the policies of a device's assets.

use std::any::Any;
use std::cell::LazyCell;
use std::sync::{Arc, OnceLock};

use edge_proto::{Limits, Number};
use jiff::Timestamp;
use smallvec::smallvec;
use tokio::time::Instant;

use super::told::{Asset, By, UnderWay};
use super::{Core, Encoded, SetError, State};
use crate::cause::chain;
use crate::clock::{Moment, WallClock};
use crate::failures::{ErrorCause, Sending};
use crate::model::{AssetModel, DeviceModel};
use crate::outbox::{Accepted, More, Went};
use crate::policy::{Decision, Due};
use crate::value::Values;
use crate::value::codec::Json;

/// Tells that something is due earlier than it was. Who hears it is set once; before that, nobody does.
#[derive(Default)]
pub(crate) struct Alarm(OnceLock<Box<dyn Fn() + Send + Sync>>);

impl Alarm {
    pub(crate) fn listen(&self, listener: impl Fn() + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(listener));
    }

    fn ring(&self) {
        self.0.get().into_iter().for_each(|listener| listener());
    }
}

/// See the module. Only devices that declare a policy have one.
pub(super) struct Policies {
    /// By index.
    assets: Vec<Option<Asset>>,
    /// Told in the transaction that is under way.
    telling: Vec<usize>,
    /// Accepted in it, and not told.
    later: Vec<Arc<More>>,
    /// The transactions that told before what it says.
    leans_on: Vec<u64>,
    /// When the next thing is due, as far as whoever waits for it knows.
    armed: Option<Instant>,
}

impl Policies {
    pub(super) fn of(model: &DeviceModel, now: Instant) -> Option<Box<Self>> {
        let assets: Vec<_> = model.assets.iter().map(|asset| Asset::of(asset, now)).collect();
        assets.iter().any(Option::is_some).then(|| {
            Box::new(Self {
                assets,
                telling: Vec::new(),
                later: Vec::new(),
                leans_on: Vec::new(),
                armed: None,
            })
        })
    }

    /// Whether one of these assets has a policy.
    #[inline]
    pub(super) fn concern(&self, states: &[(usize, Json)]) -> bool {
        states.iter().any(|(index, _)| self.assets[*index].is_some())
    }

    /// Looks at a value of which is to be decided. `number`: which one it is, where its type knows.
    #[inline]
    pub(super) fn look(&mut self, index: usize, json: &Json, number: impl FnOnce() -> Option<Number>) {
        if let Some(asset) = &mut self.assets[index] {
            asset.teller.look(json, number);
        }
    }

    /// Whether something of the transaction under way was told or held back by a policy.
    #[inline]
    pub(super) fn have_decided(&self) -> bool {
        !self.telling.is_empty() || !self.later.is_empty()
    }

    /// Decides of values that were looked at, and leaves those that are told now. Returns whether something is due before whoever
    /// waits knows of it.
    #[inline]
    fn let_through(&mut self, changed: &mut Encoded, under_way: &UnderWay) -> bool {
        let (mut are_all_told, mut is_earlier) = (true, false);
        for (index, json) in changed.iter() {
            let Some(asset) = &mut self.assets[*index] else { continue };
            let is_timed = asset.is_timed;
            match asset.decide(json, under_way) {
                Decision::Tell => self.telling.push(*index),
                decision => {
                    are_all_told = false;
                    self.keep_back(*index, decision, under_way.moment);
                }
            }
            is_earlier |= is_timed && self.is_earlier(std::iter::once(*index));
        }
        if !are_all_told {
            let is_told =
                |index: usize| self.assets[index].as_ref().is_none_or(|it| it.told_in == under_way.seq);
            changed.retain(|(index, _)| is_told(*index));
        }
        is_earlier
    }

    /// A value is not told.
    fn keep_back(&mut self, index: usize, decision: Decision, moment: Moment) {
        let Some(asset) = &mut self.assets[index] else { return };
        if decision == Decision::Hold {
            self.later.push(asset.hold(moment));
        } else if let Some(says) = asset.skip() {
            self.leans_on.push(asset.told_in);
            self.later.push(says);
        }
    }

    /// The transactions that told before what the one under way says.
    pub(super) fn leans_on(&self) -> &[u64] {
        &self.leans_on
    }

    /// The transaction under way has come to its end.
    pub(super) fn end(&mut self) {
        self.leans_on.clear();
    }

    /// What was told in the transaction under way is in the outbox.
    #[inline]
    pub(super) fn pushed(&mut self, accepted: &mut Accepted) {
        for index in &self.telling {
            if let Some(asset) = &mut self.assets[*index] {
                asset.settle(accepted);
            }
        }
        self.telling.clear();
        self.later.drain(..).for_each(|later| accepted.and(later));
    }

    /// Whether something is due before whoever waits knows of it, who then is told.
    #[inline]
    fn is_earlier(&mut self, assets: impl Iterator<Item = usize>) -> bool {
        let due = assets.filter_map(|index| self.assets[index].as_ref()?.next_due()).min();
        let is_earlier = due.is_some_and(|due| self.armed.is_none_or(|armed| due < armed));
        if is_earlier {
            self.armed = due;
        }
        is_earlier
    }

    /// What is to be said now, and since when it holds. `may_repeat`: whether saying something again is of use,
    /// by where it went.
    fn due(
        &mut self,
        now: Instant,
        clock: &WallClock,
        may_repeat: impl Fn(&Went) -> bool,
    ) -> Vec<(usize, Moment)> {
        let mut said = Vec::new();
        for (index, asset) in self.assets.iter_mut().enumerate() {
            let Some(asset) = asset else { continue };
            match asset.teller.due(now) {
                Some(Due::Held) => {
                    let moment = asset.held.as_ref().map_or_else(|| clock.now(), |held| held.moment);
                    said.push((index, moment));
                }
                Some(Due::Again) if asset.is_stale() => {}
                Some(Due::Again) if asset.went.as_ref().is_some_and(&may_repeat) => {
                    said.push((index, clock.now()));
                }
                Some(Due::Again) => asset.teller.pass(now),
                None => {}
            }
        }
        said
    }

    fn held(&self) -> Vec<(usize, Moment)> {
        let held =
            |(index, asset): (usize, &Option<Asset>)| Some((index, asset.as_ref()?.held.as_ref()?.moment));
        self.assets.iter().enumerate().filter_map(held).collect()
    }

    /// What has become stale.
    fn stale(&mut self, now: Instant) -> Vec<usize> {
        let mut stale = Vec::new();
        for (index, asset) in self.assets.iter_mut().enumerate() {
            let freshness = asset.as_mut().and_then(|asset| asset.freshness.as_mut());
            if let Some(freshness) = freshness
                && freshness.ends().is_some_and(|ends| ends <= now)
            {
                freshness.is_stale = true;
                stale.push(index);
            }
        }
        stale
    }
}

/// What came of a look at what is due.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// When to look again.
    pub(crate) next: Option<Instant>,
    /// What has become stale.
    pub(crate) stale: Vec<usize>,
}

impl Core {
    /// Whether a value may be offered: what is no number has no place in a pipeline.
    pub(crate) fn offerable(&self, index: usize, value: &dyn Any) -> Result<(), SetError> {
        if self.lock().closed {
            return Err(self.closed());
        }
        let check = (self.asset(index).codec.check)(value, &Limits::NONE);
        check.map_err(|refusal| self.refused(index, refusal))
    }

    /// Whether something may be due, sooner or later.
    pub(crate) fn has_policies(&self) -> bool {
        self.lock().policies.is_some()
    }

    /// The number that a value is, where its type says it, of one that is told in any case: what panics there is no number.
    fn number_or_none(&self, values: &mut Box<dyn Values>, index: usize) -> Option<Number> {
        let AssetModel { name, codec, .. } = self.asset(index);
        self.guarded(name, || (codec.number)(values.field(index))).flatten()
    }

    /// Leaves of what was accepted, and looked at, what is told now.
    pub(super) fn let_through(&self, state: &mut State, changed: &mut Encoded, moment: Moment, by: By) {
        let State { policies: Some(policies), seq, .. } = state else { return };
        let under_way = UnderWay { now: LazyCell::new(Instant::now), moment, by, seq: *seq };
        if policies.let_through(changed, &under_way) {
            self.alarm.ring();
        }
    }

    /// All of the device is in the outbox, as it is now.
    pub(super) fn told_all(&self, state: &mut State, mut accepted: Accepted) {
        let State { policies: Some(policies), encoded, times, seq, values, .. } = state else { return };
        let now = Instant::now();
        for (index, json) in encoded.iter().enumerate() {
            if let Some(asset) = &mut policies.assets[index] {
                asset.teller.look(json, || self.number_or_none(values, index));
                asset.tell(|| now, json, times[index], *seq);
                policies.telling.push(index);
            }
        }
        policies.pushed(&mut accepted);
        if policies.is_earlier(0..encoded.len()) {
            self.alarm.ring();
        }
    }

    /// What was told last of an asset whose policy may keep something back, in JSON, and since when it held.
    pub(super) fn last_told(state: &State, index: usize) -> Option<(&[u8], Timestamp)> {
        let asset = state.policies.as_ref()?.assets[index].as_ref()?;
        Some((asset.teller.last()?, asset.told_at))
    }

    /// Whether the platform was told the value that an asset has: a policy may keep it back.
    pub(crate) fn is_told(&self, index: usize) -> bool {
        let state = self.lock();
        let asset = state.policies.as_ref().and_then(|policies| policies.assets[index].as_ref());
        asset.is_none_or(|asset| asset.teller.last() == Some(&*state.encoded[index]))
    }

    /// A value went back to what it was, and the platform may have heard of it.
    pub(super) fn untold(state: &mut State, index: usize) {
        let asset = state.policies.as_mut().and_then(|policies| policies.assets[index].as_mut());
        asset.into_iter().for_each(|asset| asset.teller.forget());
    }

    /// An asset would have been set, had its pipeline let the value through: it is not stale.
    pub(crate) fn touch(&self, index: usize) {
        let mut state = self.lock();
        let Some(policies) = &mut state.policies else { return };
        policies.assets[index].iter_mut().for_each(|asset| asset.touch(Instant::now));
        if policies.is_earlier(std::iter::once(index)) {
            self.alarm.ring();
        }
    }

    /// Whether an asset was not set for as long as its `stale_after` says.
    pub(crate) fn is_stale(&self, index: usize) -> bool {
        let state = self.lock();
        let asset = state.policies.as_ref().and_then(|policies| policies.assets[index].as_ref());
        let freshness = asset.and_then(|asset| asset.freshness.as_ref());
        freshness.is_some_and(|it| it.is_stale || it.since + it.lasts <= Instant::now())
    }

    /// Nobody has set an asset for as long as its `stale_after` says. Not to be called under a lock.
    pub(crate) fn tell_stale(&self, index: usize) {
        let asset = self.asset(index);
        let after = asset.rules.stale_after.unwrap_or_default();
        tracing::warn!(device = %self.origin.id, asset = asset.name, ?after, "stale: not set for long");
        let (encoded, at) = {
            let state = self.lock();
            (state.encoded[index].clone(), state.times[index])
        };
        let sending = Sending::states(self.model, at, &[(index, encoded)]);
        self.origin.failed(sending, ErrorCause::Stale(after));
    }

    /// What came out of a window is not set. Not to be called under a lock.
    pub(crate) fn tell_not_set(&self, index: usize, value: &dyn Any, error: SetError) {
        let asset = self.asset(index);
        tracing::warn!(device = %self.origin.id, asset = asset.name, error = chain(&error), "not set");
        let states = [(index, self.json(index, value))];
        let sending = Sending::states(self.model, Timestamp::now(), &states);
        self.origin.failed(sending, ErrorCause::NotSet(Arc::new(error)));
    }

    /// Who is told when something is due earlier than it was. Once.
    pub(crate) fn on_alarm(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.alarm.listen(listener);
    }

    /// Says what is due: what was held, and what is to be said again. Never waits for room: of each asset there is
    /// one at a time.
    pub(crate) fn say_due(&self, now: Instant) -> Said {
        let mut state = self.change();
        if self.origin.is_leaving() {
            return Said::default();
        }
        let Some(policies) = &mut state.policies else { return Said::default() };
        let stale = policies.stale(now);
        // Without a connection, or when it has not gone yet, saying it again would only fill the outbox.
        let may_repeat = |went: &Went| self.hub.is_online() && !self.hub.outbox.is_waiting(went);
        let due = policies.due(now, &self.hub.clock, may_repeat);
        self.say_again(&mut state, due, now);
        let Some(policies) = &mut state.policies else { return Said::default() };
        policies.armed = None;
        policies.is_earlier(0..self.model.assets.len());
        Said { next: policies.armed, stale }
    }

    /// Says what is held: the device closes.
    pub(crate) fn say_held(&self) {
        let mut state = self.change();
        let held = state.policies.as_ref().map(|policies| policies.held()).unwrap_or_default();
        self.say_again(&mut state, held, Instant::now());
    }

    /// What is held will never be told: the device is gone.
    pub(crate) fn drop_held(&self) {
        let mut state = self.lock();
        let assets = state.policies.iter_mut().flat_map(|policies| policies.assets.iter_mut().flatten());
        assets.for_each(|asset| asset.held = None);
    }

    /// Says how some assets are now, each in a message of its own.
    fn say_again(&self, state: &mut State, said: Vec<(usize, Moment)>, now: Instant) {
        if said.is_empty() {
            return;
        }
        state.seq += 1;
        let mut entries = Vec::with_capacity(said.len());
        for (index, moment) in said {
            let State { encoded, policies, times, values, seq, .. } = &mut *state;
            let json = encoded[index].clone();
            if let Some(policies) = policies
                && let Some(asset) = &mut policies.assets[index]
            {
                asset.teller.look(&json, || self.number_or_none(values, index));
                asset.tell(|| now, &json, times[index], *seq);
                policies.telling.push(index);
            }
            entries.push(self.changed(moment, state.seq, smallvec![(index, json)]));
        }
        let mut accepted = self.hub.outbox.push(entries);
        self.accepted(state, &mut accepted);
    }
}
