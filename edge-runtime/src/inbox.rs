//! A bounded queue for one reader: when it is full the oldest goes, and the next says how many are missing before it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use crate::lock::lock;

/// How much waits for a slow reader.
pub(crate) const CAPACITY: usize = 1024;

/// See the module. Anybody may put something in, from any thread; one takes it out.
#[derive(Debug)]
pub(crate) struct Inbox<T>(Mutex<State<T>>);

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    /// How many are missing before the first of those.
    missed: u64,
    waker: Option<Waker>,
    is_closed: bool,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State { items: VecDeque::new(), missed: 0, waker: None, is_closed: false }))
    }

    /// Puts something in. Returns at once.
    pub(crate) fn push(&self, item: T) {
        let mut state = lock(&self.0);
        if state.is_closed {
            return;
        }
        // Dropped when nothing is locked: its end may be anything.
        let oldest = (state.items.len() >= CAPACITY).then(|| state.items.pop_front()).flatten();
        state.missed += u64::from(oldest.is_some());
        state.items.push_back(item);
        let waker = state.waker.take();
        drop(state);
        drop(oldest);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Takes what is next, with how many are missing before it; `None` when there is no more.
    pub(crate) fn poll_next(&self, context: &Context<'_>) -> Poll<Option<(T, u64)>> {
        let mut state = lock(&self.0);
        match state.items.pop_front() {
            Some(item) => Poll::Ready(Some((item, std::mem::take(&mut state.missed)))),
            None if state.is_closed => Poll::Ready(None),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nothing more comes: the reader has what is there, and then the end.
    pub(crate) fn close(&self) {
        let mut state = lock(&self.0);
        state.is_closed = true;
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(inbox: &Inbox<usize>) -> Poll<Option<(usize, u64)>> {
        inbox.poll_next(&Context::from_waker(Waker::noop()))
    }

    #[test]
    fn what_is_too_much_is_counted_where_it_is_missing() {
        let inbox = Inbox::new();
        (0..CAPACITY + 3).for_each(|item| inbox.push(item));
        assert_eq!(next(&inbox), Poll::Ready(Some((3, 3))));
        assert_eq!(next(&inbox), Poll::Ready(Some((4, 0))));
    }

    #[test]
    fn what_is_there_is_read_before_the_end() {
        let inbox = Inbox::new();
        assert_eq!(next(&inbox), Poll::Pending);
        inbox.push(1);
        inbox.close();
        inbox.push(2);
        assert_eq!([next(&inbox), next(&inbox)], [Poll::Ready(Some((1, 0))), Poll::Ready(None)]);
    }
}
