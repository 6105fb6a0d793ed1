//! The futures of what is done by an asset's name: refused at once if there is no such asset or the value is none of it, and
//! otherwise what the typed setter or offer gives.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use jiff::Timestamp;

use super::access::AccessError;
use super::awaited::await_first;
use super::offer::Offer;
use super::set::{Receipt, Set};
use crate::core::SetError;

await_first!(['a] SetNamed<'a>, ['a] OfferNamed<'a>);

/// A setter by name under way: see [`DeviceHandle::set`](super::DeviceHandle::set).
#[must_use = "a setter does nothing unless it is awaited"]
#[derive(Debug)]
pub struct SetNamed<'a>(pub(super) Named<Set<'a>>);

/// An offer by name under way: see [`DeviceHandle::offer`](super::DeviceHandle::offer).
#[must_use = "an offer does nothing unless it is awaited"]
#[derive(Debug)]
pub struct OfferNamed<'a>(pub(super) Named<Offer<'a>>);

#[derive(Debug)]
pub(super) enum Named<F> {
    UnderWay(F),
    /// Until it has been said.
    Refused(Option<AccessError>),
}

impl<F> Named<F> {
    pub(super) fn new(under_way: Result<F, AccessError>) -> Self {
        under_way.map_or_else(|error| Self::Refused(Some(error)), Self::UnderWay)
    }

    fn map(self, change: impl FnOnce(F) -> F) -> Self {
        match self {
            Self::UnderWay(future) => Self::UnderWay(change(future)),
            Self::Refused(error) => Self::Refused(error),
        }
    }

    fn poll<T>(&mut self, context: &mut Context<'_>) -> Poll<Result<T, AccessError>>
    where
        F: Future<Output = Result<T, SetError>> + Unpin,
    {
        match self {
            Self::UnderWay(future) => Pin::new(future).poll(context).map_err(AccessError::Set),
            Self::Refused(error) => error.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error))),
        }
    }
}

impl SetNamed<'_> {
    /// The value held, or will hold, at this time, and not from now on: see [`Set::at`].
    pub fn at(self, time: Timestamp) -> Self {
        Self(self.0.map(|set| set.at(time)))
    }
}

impl OfferNamed<'_> {
    /// If it comes out at once, it held, or will hold, at this time, and not from now on: see [`Offer::at`].
    pub fn at(self, time: Timestamp) -> Self {
        Self(self.0.map(|offer| offer.at(time)))
    }
}

impl Future for SetNamed<'_> {
    type Output = Result<Receipt, AccessError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context)
    }
}

impl Future for OfferNamed<'_> {
    type Output = Result<Option<Receipt>, AccessError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context)
    }
}
