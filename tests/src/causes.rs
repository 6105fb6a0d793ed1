//! Errors as their users print them.

use std::error::Error;
use std::iter::{once, successors};

/// An error with all its causes, on one line.
pub fn causes<E: Error + ?Sized>(error: &E) -> String {
    let below = successors(error.source(), |&error| error.source());
    once(error.to_string()).chain(below.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}
