//! Commands to handlers to outcomes, and errors to handlers. A device's handler does one thing at a time and in order, in a
//! task of its own, which is there from the first of them on.

#[cfg(doctest)]
#[doc = include_str!("../../../docs/callbacks.md")]
struct Page;

mod answer;
mod call;
mod changes;
mod decide;
mod error;
mod mailbox;
mod memory;
mod task;

use std::fmt;
use std::future::{Future, Ready, ready};

use jiff::Timestamp;

pub use call::{Acted, Call, Told, act, agree, ignore, told};
pub use changes::{AssetChange, Changes, ChangesError};
pub use error::{CommandError, HandlerError};
pub(crate) use mailbox::Mailbox;

use crate::failures::ErrorEvent;
use crate::future::BoxFuture;
use crate::value::codec::AnyValue;

/// What a handler returns: the value that was really applied, which may be clamped; or why not.
pub type HandlerResult<T> = Result<T, HandlerError>;

/// The value that the platform wants, and the one that the asset has.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change<T> {
    /// Checked against the asset's profile.
    pub value: T,
    /// The state until now.
    pub previous: T,
    /// When the command was given.
    pub at: Timestamp,
}

impl<T> Change<T> {
    /// A change, for tests of handlers.
    pub fn new(previous: T, value: T) -> Self {
        Self { value, previous, at: Timestamp::now() }
    }
}

/// A checked command on its way to the handler's method; used by expansions.
pub struct Command {
    pub(crate) index: usize,
    pub(crate) value: AnyValue,
    pub(crate) previous: AnyValue,
    pub(crate) at: Timestamp,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("index", &self.index).field("at", &self.at).finish_non_exhaustive()
    }
}

/// What calling a handler's method gives: the applied value, as yet of unknown type.
pub type Dispatched<'a> = BoxFuture<'a, HandlerResult<AnyValue>>;

impl Command {
    /// The asset's index in the model.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The change, for the method of an asset of type `T`.
    pub fn change<T: 'static>(self) -> Change<T> {
        Change { value: self.value.owned(), previous: self.previous.owned(), at: self.at }
    }

    /// The answer for an asset without a method: only commandable assets come here, and all of those
    /// have one unless the device accepts its configs as they are.
    pub fn unhandled<'a>(self) -> Dispatched<'a> {
        Box::pin(ready(Ok(self.value)))
    }
}

/// Runs a handler's method.
pub fn handle<'a, T: Send + 'static>(
    method: impl Future<Output = HandlerResult<T>> + Send + 'a,
) -> Dispatched<'a> {
    Box::pin(async move { method.await.map(AnyValue::new) })
}

/// The default body of a config's method: the value is accepted as it is.
pub fn accept<D, T>(_: &D, change: Change<T>) -> Ready<HandlerResult<T>> {
    ready(Ok(change.value))
}

/// A handler with its device, whatever their types.
pub(crate) trait Handler: Send {
    fn dispatch(&mut self, command: Command) -> Dispatched<'_>;

    fn act(&mut self, call: Call) -> Acted<'_> {
        call.unhandled()
    }

    /// Whether all that a command changes may be so.
    fn changed<'a>(&'a mut self, changes: &'a Changes) -> Acted<'a> {
        let _ = changes;
        act(ready(Ok(())))
    }

    fn failed<'a>(&'a mut self, error: &'a ErrorEvent) -> Told<'a> {
        told(ignore(&(), error))
    }

    /// Whether it makes a difference to tell it.
    fn hears_errors(&self) -> bool {
        true
    }
}
