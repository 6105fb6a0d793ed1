//! A list of stages, through which values go.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use tokio::time::Instant;

use super::duplicates::{DetectDuplicates, EliminateDuplicates};
use super::figure::{Deviation, Maximum, Mean, Measure, Minimum};
use super::gates::{AlertWhen, Filter, Map};
use super::sample::{Sample, Sampler};
use super::window::{Figure, WindowError, Windows};
use crate::alert::{Alert, FormatModel, Report};
use crate::value::codec::AnyValue;

/// An alert that a stage has made, to be raised.
pub(crate) type Made = Box<dyn MadeAlert>;

/// An alert of whatever type.
pub(crate) trait MadeAlert: Send {
    fn model(&self) -> &'static FormatModel;
    fn fields(&self) -> Vec<&dyn Any>;
}

impl<A: Alert> MadeAlert for A {
    fn model(&self) -> &'static FormatModel {
        A::MODEL
    }

    fn fields(&self) -> Vec<&dyn Any> {
        Report::fields(self)
    }
}

/// How the device is now, for the closures of stages.
pub(crate) trait Current {
    /// The value of an asset, by its name.
    fn current(&self, name: &str) -> Option<AnyValue>;
}

/// No device: a pipeline by itself.
struct Nothing;

impl Current for Nothing {
    fn current(&self, _: &str) -> Option<AnyValue> {
        None
    }
}

/// A value in a pipeline, as the closures of stages see it: `*offered` is the value, as the stages before have
/// left it.
pub struct Offered<'a, T> {
    value: &'a T,
    device: &'a dyn Current,
}

impl<'a, T> Offered<'a, T> {
    /// The value that another asset of the device has now, or this one until now. `None` where the device has no
    /// such asset, or its values are of another type, or the pipeline runs without a device.
    pub fn current<U: 'static>(&self, asset: &str) -> Option<U> {
        let value = self.device.current(asset)?;
        value.as_ref().is::<U>().then(|| value.owned())
    }

    /// The value.
    pub fn value(&self) -> &'a T {
        self.value
    }
}

impl<T> Deref for Offered<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
    }
}

impl<T> Clone for Offered<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Offered<'_, T> {}

impl<T: fmt::Debug> fmt::Debug for Offered<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Offered").field(self.value).finish()
    }
}

/// What happens around a value while it goes through the stages.
pub(super) struct Moment<'a> {
    pub(super) now: Instant,
    pub(super) device: &'a dyn Current,
    pub(super) alerts: &'a mut Vec<Made>,
}

impl<'a> Moment<'a> {
    pub(super) fn offered<'v, T>(&self, value: &'v T) -> Offered<'v, T>
    where
        'a: 'v,
    {
        Offered { value, device: self.device }
    }
}

/// One step. Only windows have anything to say later than at an offer.
pub(super) trait Stage<T>: Send {
    /// What comes out of it at once.
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T>;

    /// What came out of it until now, one by one, and when.
    fn due(&mut self, now: Instant) -> Option<(Instant, T)> {
        let _ = now;
        None
    }

    /// When more may come out of it.
    fn next_due(&self) -> Option<Instant> {
        None
    }
}

/// What came of an offer.
#[must_use]
pub struct Verdict<T> {
    /// What the pipeline lets through; `None`: nothing, for now or for ever.
    pub value: Option<T>,
    /// In the order of the stages.
    pub(crate) alerts: Vec<Made>,
}

impl<T> Verdict<T> {
    /// How many alerts are raised with it.
    pub fn alerts(&self) -> usize {
        self.alerts.len()
    }
}

impl<T: fmt::Debug> fmt::Debug for Verdict<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict").field("value", &self.value).field("alerts", &self.alerts.len()).finish()
    }
}

/// Through which an offered value goes before it becomes its asset's: see the [module](super).
///
/// It remembers what has gone through it, so each asset of each device has one of its own. Without stages, all
/// goes through as it is.
pub struct Pipeline<T> {
    stages: Vec<Box<dyn Stage<T>>>,
    problem: Option<WindowError>,
    /// What it may raise.
    alerts: Vec<&'static FormatModel>,
}

impl<T: 'static> Default for Pipeline<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: 'static> Pipeline<T> {
    /// Without stages.
    pub fn new() -> Self {
        Self { stages: Vec::new(), problem: None, alerts: Vec::new() }
    }

    fn with(mut self, stage: impl Stage<T> + 'static) -> Self {
        self.stages.push(Box::new(stage));
        self
    }

    fn raising(mut self, alert: &'static FormatModel) -> Self {
        self.alerts.push(alert);
        self
    }

    /// What it may raise.
    pub(crate) fn alerts(&self) -> &[&'static FormatModel] {
        &self.alerts
    }

    /// Lets through the values of which `keep` says `true`, as [`Iterator::filter`] does. (The source's
    /// `filterCondition` drops these: negate its condition.)
    pub fn filter(self, keep: impl FnMut(Offered<'_, T>) -> bool + Send + 'static) -> Self {
        self.with(Filter(keep))
    }

    /// Makes another value of each.
    pub fn map(self, change: impl FnMut(Offered<'_, T>) -> T + Send + 'static) -> Self {
        self.with(Map(change))
    }

    /// Lets some values through and no others: with a number *n* every *n*th (the *n*th, the 2*n*th, ..), and all
    /// with 0.
    pub fn sample(self, sample: impl Into<Sample>) -> Self {
        self.with(Sampler::new(sample.into()))
    }

    /// Drops a value that is equal to the last one that it let through, within this time from when it let that
    /// through.
    pub fn eliminate_duplicates(self, window: Duration) -> Self
    where
        T: Clone + PartialEq + Send,
    {
        self.with(EliminateDuplicates::new(window))
    }

    /// Raises an alert when a value is equal to the one before it, and came within this time from it: one alert
    /// in each such time, however many duplicates there are. All values go through.
    pub fn detect_duplicates<A: Alert>(
        self,
        window: Duration,
        alert: impl FnMut(Offered<'_, T>) -> A + Send + 'static,
    ) -> Self
    where
        T: Clone + PartialEq + Send,
    {
        self.raising(A::MODEL).with(DetectDuplicates::new(window, alert))
    }

    /// Raises an alert with every value of which `is_so` says `true`. All values go through.
    pub fn alert_when<A: Alert>(
        self,
        is_so: impl FnMut(Offered<'_, T>) -> bool + Send + 'static,
        alert: impl FnMut(Offered<'_, T>) -> A + Send + 'static,
    ) -> Self {
        self.raising(A::MODEL).with(AlertWhen { is_so, alert, passes: true })
    }

    /// Raises an alert with every value of which `is_so` says `true`, instead of letting it through.
    pub fn alert_instead<A: Alert>(
        self,
        is_so: impl FnMut(Offered<'_, T>) -> bool + Send + 'static,
        alert: impl FnMut(Offered<'_, T>) -> A + Send + 'static,
    ) -> Self {
        self.raising(A::MODEL).with(AlertWhen { is_so, alert, passes: false })
    }

    /// Lets no value through, but at the end of each window the mean of those in it. Windows are `window` long, and
    /// one begins every `slide`: as long as the window they follow each other, shorter they overlap, longer there
    /// are values between them that are in none. The first begins with the first value. A window without values
    /// says nothing, and after it the next one begins with the next value. What is not finite is left out.
    ///
    /// Of integers, the mean is rounded.
    pub fn mean(self, window: Duration, slide: Duration) -> Self
    where
        T: Measure,
    {
        self.windowed::<Mean>(window, slide)
    }

    /// As [`mean`](Self::mean), the least.
    pub fn min(self, window: Duration, slide: Duration) -> Self
    where
        T: Measure,
    {
        self.windowed::<Minimum<T>>(window, slide)
    }

    /// As [`mean`](Self::mean), the greatest.
    pub fn max(self, window: Duration, slide: Duration) -> Self
    where
        T: Measure,
    {
        self.windowed::<Maximum<T>>(window, slide)
    }

    /// As [`mean`](Self::mean), the standard deviation of the values in the window, taken for all that there are
    /// (divided by *n*): 0 for a single one.
    pub fn standard_deviation(self, window: Duration, slide: Duration) -> Self
    where
        T: Measure,
    {
        self.windowed::<Deviation>(window, slide)
    }

    fn windowed<F: Figure<T>>(mut self, window: Duration, slide: Duration) -> Self
    where
        T: Measure,
    {
        match Windows::<T, F>::new(window, slide) {
            Ok(windows) => self.with(windows),
            Err(problem) => {
                self.problem.get_or_insert(problem);
                self
            }
        }
    }

    /// Whether all of its windows can be. A device refuses a pipeline of which this is an error.
    ///
    /// # Errors
    /// The first window that cannot be.
    pub fn check(&self) -> Result<(), WindowError> {
        self.problem.map_or(Ok(()), Err)
    }

    /// What comes of a value at once.
    pub fn offer(&mut self, now: Instant, value: T) -> Verdict<T> {
        self.offer_to(now, value, &Nothing)
    }

    /// What comes out of its windows until now, one by one: to be called until it says `None`.
    pub fn due(&mut self, now: Instant) -> Option<Verdict<T>> {
        self.due_of(now, &Nothing)
    }

    /// When [`due`](Self::due) may have something to say. `None`: not before the next offer.
    pub fn next_due(&self) -> Option<Instant> {
        self.stages.iter().filter_map(|stage| stage.next_due()).min()
    }

    pub(crate) fn offer_to(&mut self, now: Instant, value: T, device: &dyn Current) -> Verdict<T> {
        self.run(0, now, value, device)
    }

    pub(crate) fn due_of(&mut self, now: Instant, device: &dyn Current) -> Option<Verdict<T>> {
        while let Some((ended, index)) = self.first_due(now) {
            let Some((at, value)) = self.stages[index].due(ended) else { continue };
            let verdict = self.run(index + 1, at, value, device);
            if verdict.value.is_some() || !verdict.alerts.is_empty() {
                return Some(verdict);
            }
        }
        None
    }

    /// The stage that has something to say first, if that is now.
    fn first_due(&self, now: Instant) -> Option<(Instant, usize)> {
        let due = self.stages.iter().enumerate();
        let due = due.filter_map(|(index, stage)| Some((stage.next_due()?, index)));
        due.min().filter(|(at, _)| *at <= now)
    }

    /// Brings a value through the stages from this one on.
    fn run(&mut self, from: usize, now: Instant, value: T, device: &dyn Current) -> Verdict<T> {
        let mut alerts = Vec::new();
        let mut moment = Moment { now, device, alerts: &mut alerts };
        let mut passing = Some(value);
        for stage in &mut self.stages[from..] {
            let Some(value) = passing else { break };
            passing = stage.offer(value, &mut moment);
        }
        Verdict { value: passing, alerts }
    }
}

impl<T> fmt::Debug for Pipeline<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline").field("stages", &self.stages.len()).finish_non_exhaustive()
    }
}
