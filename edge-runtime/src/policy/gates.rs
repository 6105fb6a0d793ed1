//! Stages that decide at once and remember nothing.

use super::pipeline::{Moment, Offered, Stage};
use crate::alert::Alert;

/// Lets through what is to be kept.
pub(super) struct Filter<F>(pub(super) F);

impl<T, F: FnMut(Offered<'_, T>) -> bool + Send> Stage<T> for Filter<F> {
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        (self.0)(moment.offered(&value)).then_some(value)
    }
}

/// Makes another value.
pub(super) struct Map<F>(pub(super) F);

impl<T, F: FnMut(Offered<'_, T>) -> T + Send> Stage<T> for Map<F> {
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        Some((self.0)(moment.offered(&value)))
    }
}

/// Raises an alert on a condition.
pub(super) struct AlertWhen<C, A> {
    pub(super) is_so: C,
    pub(super) alert: A,
    /// Whether the value goes on.
    pub(super) passes: bool,
}

impl<T, C, F, A> Stage<T> for AlertWhen<C, F>
where
    C: FnMut(Offered<'_, T>) -> bool + Send,
    F: FnMut(Offered<'_, T>) -> A + Send,
    A: Alert,
{
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        if !(self.is_so)(moment.offered(&value)) {
            return Some(value);
        }
        let alert = (self.alert)(moment.offered(&value));
        moment.alerts.push(Box::new(alert));
        self.passes.then_some(value)
    }
}
