//! A future's place among those who wait for room in the outbox.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop;

use crate::core::Core;
use crate::hub::Hub;
use crate::outbox::{Turn, Waiter};

/// Given up when it is dropped, so that nobody is remembered who does not wait any more.
#[derive(Debug, Default)]
pub(super) struct Place(Option<Box<Taken>>);

/// Where somebody has waited.
#[derive(Debug)]
struct Taken {
    turn: Turn,
    hub: Arc<Hub>,
}

impl Place {
    /// Asks for something that may have to wait for room; the task is woken when there is. Now and then the others on the
    /// thread come first: a program that only sets would otherwise keep it, and the link would never run on it.
    #[inline]
    pub(super) fn ask<T>(
        &mut self,
        core: &Core,
        context: &Context<'_>,
        ask: impl FnOnce(&mut Waiter<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let budget = ready!(coop::poll_proceed(&mut Context::from_waker(context.waker())));
        let mut first = Turn::default();
        let turn = self.0.as_mut().map_or(&mut first, |taken| &mut taken.turn);
        let answer = ask(&mut Waiter { waker: context.waker(), turn });
        if answer.is_ready() {
            budget.made_progress();
        } else if self.0.is_none() {
            self.0 = Some(Box::new(Taken { turn: first, hub: Arc::clone(&core.hub) }));
        }
        answer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(Taken { turn, hub }) = self.0.as_deref() {
            hub.outbox.give_up(turn);
        }
    }
}
