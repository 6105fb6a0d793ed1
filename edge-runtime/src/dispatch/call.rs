//! What comes to the handler's methods besides changes of assets: actions, and what every handler may hear.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, Ready, ready};

use super::{Changes, HandlerError, HandlerResult};
use crate::failures::ErrorEvent;
use crate::future::BoxFuture;
use crate::value::codec::AnyValue;

/// A checked action on its way to the handler's method; used by expansions.
pub struct Call {
    pub(crate) index: usize,
    /// In the order of the model.
    pub(crate) arguments: VecDeque<AnyValue>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("index", &self.index).finish_non_exhaustive()
    }
}

/// What calling the method of an action gives.
pub type Acted<'a> = BoxFuture<'a, HandlerResult<()>>;

/// What telling a handler something gives.
pub type Told<'a> = BoxFuture<'a, ()>;

impl Call {
    /// The action's index in the model.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The next argument, for a method whose argument is of type `T`.
    ///
    /// # Panics
    /// When there is no more: a bug of the macro.
    pub fn argument<T: 'static>(&mut self) -> T {
        self.arguments.pop_front().expect("an action has the arguments of its model").owned()
    }

    /// The answer for an action without a method.
    pub fn unhandled<'a>(&self) -> Acted<'a> {
        act(ready(Err(HandlerError::rejected("nobody handles it"))))
    }
}

/// Runs a method that gives nothing back.
pub fn act<'a>(method: impl Future<Output = HandlerResult<()>> + Send + 'a) -> Acted<'a> {
    Box::pin(method)
}

/// Runs a method that is only told something.
pub fn told<'a>(method: impl Future<Output = ()> + Send + 'a) -> Told<'a> {
    Box::pin(method)
}

/// The default body of `on_change`.
pub fn agree<D>(_: &D, _: &Changes) -> Ready<HandlerResult<()>> {
    ready(Ok(()))
}

/// The default body of `on_error`. Whoever has it is not told again.
pub fn ignore<D>(_: &D, error: &ErrorEvent) -> Ready<()> {
    error.ignored.set();
    ready(())
}
