//! Values that come again.

use std::time::Duration;

use tokio::time::Instant;

use super::pipeline::{Moment, Offered, Stage};
use crate::alert::Alert;

/// Whether `now` is less than `window` after `since`.
fn is_within(window: Duration, since: Instant, now: Instant) -> bool {
    now.saturating_duration_since(since) < window
}

/// Drops what was let through a moment ago.
pub(super) struct EliminateDuplicates<T> {
    window: Duration,
    last: Option<(Instant, T)>,
}

impl<T> EliminateDuplicates<T> {
    pub(super) fn new(window: Duration) -> Self {
        Self { window, last: None }
    }
}

impl<T: Clone + PartialEq + Send> Stage<T> for EliminateDuplicates<T> {
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        if let Some((since, last)) = &self.last
            && *last == value
            && is_within(self.window, *since, moment.now)
        {
            return None;
        }
        self.last = Some((moment.now, value.clone()));
        Some(value)
    }
}

/// Tells of what comes again.
pub(super) struct DetectDuplicates<T, F> {
    window: Duration,
    alert: F,
    last: Option<(Instant, T)>,
    told: Option<Instant>,
}

impl<T, F> DetectDuplicates<T, F> {
    pub(super) fn new(window: Duration, alert: F) -> Self {
        Self { window, alert, last: None, told: None }
    }
}

impl<T, F, A> Stage<T> for DetectDuplicates<T, F>
where
    T: Clone + PartialEq + Send,
    F: FnMut(Offered<'_, T>) -> A + Send,
    A: Alert,
{
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        let now = moment.now;
        let is_within = |since: Instant| is_within(self.window, since, now);
        let is_duplicate =
            self.last.as_ref().is_some_and(|(since, last)| *last == value && is_within(*since));
        // What is the user's code comes first: should it panic, nothing counts as told.
        let last = Some((now, value.clone()));
        if is_duplicate && !self.told.is_some_and(is_within) {
            let alert = (self.alert)(moment.offered(&value));
            moment.alerts.push(Box::new(alert));
            self.told = Some(now);
        }
        self.last = last;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use std::any::Any;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use edge_proto::payload::{FormatKind, Severity};

    use super::*;
    use crate::alert::{FormatModel, Report};
    use crate::policy::Pipeline;

    const WINDOW: Duration = Duration::from_secs(5);

    struct Again {
        value: i32,
    }

    impl Report for Again {
        const MODEL: &'static FormatModel = &FormatModel {
            name: "again",
            urn: "",
            description: "",
            kind: FormatKind::Alert,
            severity: Severity::Significant,
            retention: None,
            fields: &[],
        };

        fn fields(&self) -> Vec<&dyn Any> {
            vec![&self.value]
        }
    }

    impl Alert for Again {}

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn v42_what_comes_again_within_the_window_is_dropped() {
        let mut pipeline = Pipeline::new().eliminate_duplicates(WINDOW);
        let start = Instant::now();
        let offers = [(0, 1), (4, 1), (5, 1), (6, 2), (7, 1), (8, 1), (12, 1)];
        let told = offers.map(|(at, value)| pipeline.offer(start + seconds(at), value).value);
        assert_eq!(told, [Some(1), None, Some(1), Some(2), Some(1), None, Some(1)]);
    }

    #[test]
    fn v42_duplicates_are_told_once_in_a_window_and_pass() {
        let mut pipeline = Pipeline::new().detect_duplicates(WINDOW, |v| Again { value: *v });
        let start = Instant::now();
        let offers = [(0, 1), (1, 1), (2, 1), (3, 2), (4, 2), (6, 2), (20, 2), (21, 2)];
        let told = offers.map(|(at, value)| {
            let verdict = pipeline.offer(start + seconds(at), value);
            assert_eq!(verdict.value, Some(value));
            verdict.alerts()
        });
        assert_eq!(told, [0, 1, 0, 0, 0, 1, 0, 1]);
    }

    #[test]
    fn v42_an_alert_that_panics_does_not_count_as_told() {
        let mut is_broken = true;
        let alert = move |v: Offered<'_, i32>| {
            assert!(!std::mem::take(&mut is_broken), "in the alert");
            Again { value: *v }
        };
        let mut pipeline = Pipeline::new().detect_duplicates(WINDOW, alert);
        let now = Instant::now();
        assert_eq!(pipeline.offer(now, 1).alerts(), 0);
        let broken = catch_unwind(AssertUnwindSafe(|| pipeline.offer(now, 1).alerts()));
        assert!(broken.is_err());
        assert_eq!([1, 1].map(|value| pipeline.offer(now, value).alerts()), [1, 0]);
    }
}
