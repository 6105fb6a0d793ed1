//! What transactions have replaced whose storing is under way: should one not be stored, its values go back to
//! what they were, unless something newer has been set since.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::value::codec::{AnyValue, Json};

/// A value in JSON, and when it held.
pub(super) type Told = (Json, Timestamp);

/// What an asset was before a transaction.
pub(super) struct Was {
    pub(super) index: usize,
    pub(super) value: AnyValue,
    pub(super) told: Told,
    /// The transaction that had set it.
    written: u64,
}

/// A transaction that may have to be undone.
struct Open {
    seq: u64,
    before: Vec<Was>,
    /// Nothing tells it but these, which are to be stored: if one of them is not, nor is this.
    leans_on: Vec<u64>,
}

/// The transactions that may have to be undone, in the order of their numbers.
#[derive(Default)]
pub(super) struct Undo {
    open: VecDeque<Open>,
    /// The transaction that has set each asset last.
    written: Vec<u64>,
}

impl Undo {
    pub(super) fn new(assets: usize) -> Self {
        Self { open: VecDeque::new(), written: vec![0; assets] }
    }

    /// Whether there is a transaction that may have to be undone.
    pub(super) fn is_any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// A transaction has set these.
    pub(super) fn wrote(&mut self, seq: u64, assets: impl IntoIterator<Item = usize>) {
        assets.into_iter().for_each(|index| self.written[index] = seq);
    }

    /// ... which were this before, as a value and as it was told.
    pub(super) fn open(&mut self, seq: u64, before: impl IntoIterator<Item = (usize, AnyValue, Told)>) {
        let was = |(index, value, told)| Was { index, value, told, written: self.written[index] };
        let before: Vec<Was> = before.into_iter().map(was).collect();
        self.wrote(seq, before.iter().map(|was| was.index));
        self.open.push_back(Open { seq, before, leans_on: Vec::new() });
    }

    /// Nothing of a transaction is on its way to the disk: it cannot be undone any more, unless these can, which told
    /// before what it says.
    pub(super) fn lean(&mut self, seq: u64, on: &[u64]) {
        let is_open = |on: &u64| self.open.iter().any(|open| open.seq == *on);
        let on: Vec<u64> = on.iter().copied().filter(is_open).collect();
        match self.open.iter_mut().find(|open| open.seq == seq) {
            Some(open) if !on.is_empty() => open.leans_on = on,
            _ => self.keep(seq),
        }
    }

    /// A transaction cannot be undone any more.
    pub(super) fn keep(&mut self, seq: u64) {
        self.open.retain_mut(|open| {
            let has_leaned = !open.leans_on.is_empty();
            open.leans_on.retain(|on| *on != seq);
            open.seq != seq && (!has_leaned || !open.leans_on.is_empty())
        });
    }

    /// Undoes a transaction, and before it those that lean on it. Returns what is to be restored: not what has been
    /// set again since.
    pub(super) fn undo(&mut self, seq: u64) -> Vec<Was> {
        let leaning = self.open.iter().rev().filter(|open| open.leans_on.contains(&seq));
        let newest_first: Vec<u64> = leaning.map(|open| open.seq).chain([seq]).collect();
        let mut restored: Vec<Was> = Vec::new();
        for was in newest_first.into_iter().flat_map(|seq| self.undo_one(seq)).collect::<Vec<_>>() {
            restored.retain(|newer| newer.index != was.index);
            restored.push(was);
        }
        restored
    }

    fn undo_one(&mut self, seq: u64) -> Vec<Was> {
        let Some(at) = self.open.iter().position(|open| open.seq == seq) else { return Vec::new() };
        let Some(Open { before, .. }) = self.open.remove(at) else { return Vec::new() };
        let mut restored = Vec::new();
        for was in before {
            if self.written[was.index] == seq {
                self.written[was.index] = was.written;
                restored.push(was);
            } else if let Some(later) = self.replaced_by(seq, was.index) {
                // Should that be undone as well, it goes back to what was before this one.
                (later.value, later.told, later.written) = (was.value, was.told, was.written);
            }
        }
        restored
    }

    /// Of the transaction that has replaced a value of this one.
    fn replaced_by(&mut self, seq: u64, index: usize) -> Option<&mut Was> {
        let all = self.open.iter_mut().flat_map(|open| &mut open.before);
        all.into_iter().find(|was| was.index == index && was.written == seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sets asset 0 to 1, 2, 3 in transactions 1, 2, 3.
    fn three() -> Undo {
        let mut undo = Undo::new(2);
        for seq in 1..=3 {
            let told = ((seq - 1).to_string().into_bytes().into(), Timestamp::UNIX_EPOCH);
            let before = (0, AnyValue::new(seq - 1), told);
            undo.open(seq, [before]);
        }
        undo
    }

    fn restored(undo: &mut Undo, seq: u64) -> Option<String> {
        undo.undo(seq).pop().map(|was| String::from_utf8(was.told.0.to_vec()).unwrap())
    }

    #[test]
    fn what_is_undone_goes_back_to_the_last_that_was_kept() {
        let mut undo = three();
        undo.keep(2);
        assert_eq!([restored(&mut undo, 1), restored(&mut undo, 3)], [None, Some("2".into())]);
    }

    #[test]
    fn undone_in_any_order_all_goes_back_to_the_first() {
        for order in [[1, 2, 3], [3, 2, 1], [2, 1, 3], [1, 3, 2]] {
            let mut undo = three();
            let last = order.map(|seq| restored(&mut undo, seq)).into_iter().flatten().last();
            assert_eq!(last.as_deref(), Some("0"), "{order:?}");
        }
    }

    #[test]
    fn what_leans_on_another_is_undone_or_kept_with_it() {
        let mut undo = three();
        undo.lean(3, &[2]);
        assert_eq!(restored(&mut undo, 2).as_deref(), Some("1"));
        assert!(undo.undo(3).is_empty());
        assert_eq!(restored(&mut undo, 1).as_deref(), Some("0"));

        let mut undo = three();
        undo.lean(2, &[1]);
        undo.lean(3, &[1]);
        undo.keep(1);
        assert!(undo.open.is_empty());
        // What has happened already is leaned on for nothing.
        let mut undo = three();
        undo.keep(2);
        undo.lean(3, &[2]);
        assert!(undo.undo(3).is_empty());
    }

    #[test]
    fn what_was_set_since_stays() {
        let mut undo = three();
        undo.wrote(4, [0]);
        assert!((1..=3).all(|seq| undo.undo(seq).is_empty()));
    }
}
