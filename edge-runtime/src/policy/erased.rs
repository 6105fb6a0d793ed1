//! Pipelines of values whose type only their asset knows.

use std::any::Any;

use tokio::time::Instant;

use super::pipeline::{Current, Made, Pipeline, Verdict};
use super::window::WindowError;
use crate::alert::FormatModel;
use crate::value::codec::AnyValue;

/// See [`Verdict`].
pub(crate) struct AnyVerdict {
    pub(crate) value: Option<AnyValue>,
    pub(crate) alerts: Vec<Made>,
}

impl<T: Send + 'static> From<Verdict<T>> for AnyVerdict {
    fn from(Verdict { value, alerts }: Verdict<T>) -> Self {
        Self { value: value.map(AnyValue::new), alerts }
    }
}

/// A [`Pipeline`]. Values are of its type; another one is a bug of this crate and panics.
pub(crate) trait AnyPipeline: Send {
    /// Whether a value is of its type.
    fn takes(&self, value: &dyn Any) -> bool;
    /// The type of its values, for people.
    fn type_name(&self) -> &'static str;
    fn alerts(&self) -> &[&'static FormatModel];
    fn check(&self) -> Result<(), WindowError>;
    fn offer(&mut self, now: Instant, value: AnyValue, device: &dyn Current) -> AnyVerdict;
    fn due(&mut self, now: Instant, device: &dyn Current) -> Option<AnyVerdict>;
    fn next_due(&self) -> Option<Instant>;
}

impl<T: Send + 'static> AnyPipeline for Pipeline<T> {
    fn takes(&self, value: &dyn Any) -> bool {
        value.is::<T>()
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }

    fn alerts(&self) -> &[&'static FormatModel] {
        self.alerts()
    }

    fn check(&self) -> Result<(), WindowError> {
        self.check()
    }

    fn offer(&mut self, now: Instant, value: AnyValue, device: &dyn Current) -> AnyVerdict {
        self.offer_to(now, value.owned(), device).into()
    }

    fn due(&mut self, now: Instant, device: &dyn Current) -> Option<AnyVerdict> {
        self.due_of(now, device).map(AnyVerdict::from)
    }

    fn next_due(&self) -> Option<Instant> {
        self.next_due()
    }
}
