//! A future's place among those who wait for room in the outbox.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::task::coop;

use crate::core::Core;
use crate::hub::Hub;
use crate::outbox::{Turn, Waiter};

/// Given up when it is dropped, so that nobody is remembered who does not wait any more.
#[derive(Debug, Default)]
pub(super) struct Place {
    turn: Turn,
    /// Where it has waited.
    hub: Option<Arc<Hub>>,
}

impl Place {
    /// Asks for something that may have to wait for room; the task is woken when there is. Now and then the others on the
    /// thread come first: a program that only sets would otherwise keep it, and the link would never run on it.
    pub(super) fn ask<T>(
        &mut self,
        core: &Core,
        context: &Context<'_>,
        ask: impl FnOnce(&mut Waiter<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let budget = ready!(coop::poll_proceed(&mut Context::from_waker(context.waker())));
        let answer = ask(&mut Waiter { waker: context.waker(), turn: &mut self.turn });
        if answer.is_pending() {
            self.hub.get_or_insert_with(|| Arc::clone(&core.hub));
        } else {
            budget.made_progress();
        }
        answer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(hub) = &self.hub {
            hub.outbox.give_up(&self.turn);
        }
    }
}
