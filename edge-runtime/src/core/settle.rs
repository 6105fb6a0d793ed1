//! What has come of transactions: what is to be stored may fail to be, and then all is as it was.

use std::sync::Arc;

use jiff::Timestamp;

use super::undo::Undo;
use super::{Core, Encoded, SetError, State};
use crate::failures::{ErrorCause, Sending};
use crate::outbox::Accepted;
use crate::storage::NotUploaded;
use crate::value::codec::AnyValue;

impl State {
    /// Whether a transaction may have to be undone: what is not stored itself may lean on what is on its way to the disk.
    #[inline]
    pub(super) fn may_undo(&self, is_stored: bool) -> bool {
        is_stored || self.undo.as_ref().is_some_and(Undo::is_any_open)
    }
}

impl Core {
    /// Keeps what a transaction has replaced that is to be stored, or leans on what is.
    pub(super) fn remember(
        state: &mut State,
        changed: &Encoded,
        before: Vec<(usize, AnyValue)>,
        is_stored: bool,
    ) {
        let may_undo = state.may_undo(is_stored);
        let State { undo, encoded, times, seq, .. } = state;
        if !may_undo {
            let undo = undo.as_mut();
            return undo.map_or((), |undo| undo.wrote(*seq, changed.iter().map(|(index, _)| *index)));
        }
        let undo = undo.get_or_insert_with(|| Undo::new(encoded.len()));
        let told = |index: usize| (encoded[index].clone(), times[index]);
        undo.open(*seq, before.into_iter().map(|(index, value)| (index, value, told(index))));
    }

    /// What has come of a transaction: where nothing of it is on its way to the disk, it stays, with what told before
    /// what it says; where something had no room, how all is is said when there is.
    #[inline]
    pub(super) fn accepted(&self, state: &mut State, accepted: &mut Accepted) {
        let have_decided = state.policies.as_ref().is_some_and(|policies| policies.have_decided());
        if have_decided || state.undo.is_some() || accepted.more.is_some() {
            self.settle(state, accepted);
        }
    }

    fn settle(&self, state: &mut State, accepted: &mut Accepted) {
        let State { policies, undo, seq, .. } = state;
        if let Some(policies) = policies {
            policies.pushed(accepted);
        }
        if !accepted.is_to_be_stored()
            && let Some(undo) = undo
        {
            undo.lean(*seq, policies.as_ref().map_or(&[], |policies| policies.leans_on()));
        }
        if let Some(policies) = policies {
            policies.end();
        }
        if accepted.is_refused() && self.hub.is_online() {
            self.hub.ask_to_announce(&self.origin);
        }
    }

    /// Whether a transaction was stored. If it was not, it has not been: whoever has heard of its values, or of what
    /// was computed from them, is told again how all is.
    pub(crate) fn settled(&self, seq: u64, is_stored: bool) {
        if is_stored {
            // Without waiting for a transaction of the user's: the store's thread has more to do.
            return self.lock().undo.as_mut().map_or((), |undo| undo.keep(seq));
        }
        let mut state = self.change();
        let Some(undo) = &mut state.undo else { return };
        let undone = undo.undo(seq);
        // What is set goes back whatever of the user's panics, or the store would have what nobody knows of.
        let virtuals = self.guarded("a copy of what is computed", || self.copy_virtuals(&mut state));
        let (mut before, mut changed) = (virtuals.unwrap_or_default(), Vec::new());
        let virtuals = before.len();
        for mut was in undone {
            self.swap(&mut state, was.index, was.value.as_mut());
            let (encoded, time) = was.told;
            state.encoded[was.index].clone_from(&encoded);
            state.times[was.index] = time;
            Self::untold(&mut state, was.index);
            changed.push(was.index);
            before.push((was.index, was.value));
        }
        // Values that were valid before; should the user's computation panic, what was computed stays.
        let mut computed = Encoded::new();
        let is_computed = self.guarded("what is computed", || {
            state.values.recompute();
            self.encode_computed(&mut state, &mut computed)
        });
        if let Some(Ok(())) = is_computed {
            for (index, value) in computed {
                state.encoded[index].clone_from(&value);
                changed.push(index);
            }
        } else {
            let virtuals = before[..virtuals].iter_mut();
            virtuals.for_each(|(index, value)| self.swap(&mut state, *index, value.as_mut()));
        }
        let mut kept = self.kept(false);
        for index in changed {
            if let Some((_, was)) = before.iter().find(|(was, _)| *was == index) {
                let value = state.values.field(index);
                self.guarded("a copy for who observes", || self.keep(&mut kept, index, was.as_ref(), value));
            }
        }
        kept.tell(Timestamp::now());
        drop(state);
        self.hub.ask_to_announce(&self.origin);
    }

    /// States are not accepted because an object in one of them was not uploaded: who listens hears of it.
    pub(crate) fn not_uploaded<'v>(
        &self,
        states: impl IntoIterator<Item = (usize, &'v AnyValue)>,
        error: NotUploaded,
    ) -> SetError {
        let json = |(index, value): (usize, &AnyValue)| (index, self.json(index, value.as_ref()));
        let states: Vec<_> = states.into_iter().map(json).collect();
        let sending = Sending::states(self.model, Timestamp::now(), &states);
        self.origin.failed(sending, ErrorCause::Upload(Arc::clone(&error.source)));
        error.into()
    }

    /// Transactions up to this one are of an earlier life, and not delivered yet.
    pub(crate) fn resume_after(&self, seq: u64) {
        // A transaction reads its number again when it has changed everything.
        let mut state = self.change();
        state.seq = state.seq.max(seq);
    }
}
