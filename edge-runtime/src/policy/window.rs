//! Windows over time: what is in one is put together in parts, each as long as both the window and its slide are
//! multiples of, so that no value is kept.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::time::Duration;

use tokio::time::Instant;

use super::figure::Measure;
use super::pipeline::{Moment, Stage};

/// The most parts that a window may have.
const MOST_PARTS: u64 = 16_384;

/// The longest window and slide: a hundred years.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Why a window cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// The window or its slide is 0 long, or longer than a hundred years.
    #[error(
        "a window of {window:?}, sliding by {slide:?}: both must be longer than 0, and at most 36,500 days"
    )]
    Length {
        /// How long it was to be.
        window: Duration,
        /// How far the next was to be.
        slide: Duration,
    },
    /// The window would have to be kept in too many parts.
    #[error(
        "a window of {window:?}, sliding by {slide:?}, has {parts} parts as long as both are multiples of; \
         the limit is {MOST_PARTS}: choose a slide that is a part of the window"
    )]
    Parts {
        /// How long it was to be.
        window: Duration,
        /// How far the next was to be.
        slide: Duration,
        /// How many parts that are.
        parts: u64,
    },
}

/// What is said of the values in a window.
pub(super) trait Figure<T>: Default + Send + 'static {
    fn add(&mut self, value: T);
    /// Takes the values of another part in.
    fn merge(&mut self, other: &Self);
    /// `None` without values.
    fn value(&self) -> Option<T>;
}

/// All times are nanoseconds since the first window began.
pub(super) struct Windows<T, F> {
    window: u64,
    slide: u64,
    part: u64,
    /// When the first window began; `None` while there is nothing.
    start: Option<Instant>,
    /// The end of the next window.
    end: u64,
    /// By when they begin, oldest first; only those with values.
    parts: VecDeque<(u64, F)>,
    values: PhantomData<fn(T)>,
}

impl<T: Measure, F: Figure<T>> Windows<T, F> {
    pub(super) fn new(window: Duration, slide: Duration) -> Result<Self, WindowError> {
        let nanoseconds = |length: Duration| {
            let is_length = !length.is_zero() && length <= LONGEST;
            is_length.then_some(length.as_nanos() as u64).ok_or(WindowError::Length { window, slide })
        };
        let (long, far) = (nanoseconds(window)?, nanoseconds(slide)?);
        let part = greatest_common_divisor(long, far);
        let parts = long / part;
        if parts > MOST_PARTS {
            return Err(WindowError::Parts { window, slide, parts });
        }
        let (end, parts) = (long, VecDeque::new());
        Ok(Self { window: long, slide: far, part, start: None, end, parts, values: PhantomData })
    }

    /// The values in the next window, which has ended.
    fn take(&mut self) -> Option<T> {
        let (from, to) = (self.end - self.window, self.end);
        let mut whole = F::default();
        let inside = |begin: u64| from <= begin && begin < to;
        self.parts.iter().filter(|(begin, _)| inside(*begin)).for_each(|(_, part)| whole.merge(part));
        self.end += self.slide;
        // What is before the next one is in none.
        let next = self.end - self.window;
        while self.parts.front().is_some_and(|(begin, _)| *begin < next) {
            self.parts.pop_front();
        }
        whole.value()
    }

    /// There was nothing in a window: goes on to the first with something in it.
    fn skip(&mut self) {
        match self.parts.front() {
            None => (self.start, self.end) = (None, self.window),
            Some((begin, _)) => {
                // The first that ends behind it.
                let windows = (begin + 1).saturating_sub(self.window).div_ceil(self.slide);
                self.end = self.end.max(self.window + windows * self.slide);
            }
        }
    }

    fn ends(&self, start: Instant) -> Instant {
        start + Duration::from_nanos(self.end)
    }
}

impl<T: Measure, F: Figure<T>> Stage<T> for Windows<T, F> {
    fn offer(&mut self, value: T, moment: &mut Moment<'_>) -> Option<T> {
        if !value.to_f64().is_finite() {
            return None;
        }
        let start = *self.start.get_or_insert(moment.now);
        let since = moment.now.saturating_duration_since(start).as_nanos() as u64;
        if since % self.slide >= self.window {
            // Between two windows.
            return None;
        }
        if let Some((begin, part)) = self.parts.back_mut()
            && since < *begin + self.part
        {
            part.add(value);
            return None;
        }
        let mut part = F::default();
        part.add(value);
        self.parts.push_back((since - since % self.part, part));
        None
    }

    fn due(&mut self, now: Instant) -> Option<(Instant, T)> {
        loop {
            let ended = self.ends(self.start?);
            if ended > now {
                return None;
            }
            match self.take() {
                Some(value) => return Some((ended, value)),
                None => self.skip(),
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.start.map(|start| self.ends(start))
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Pipeline;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// What comes out and when, in milliseconds; the pipeline is asked when it wants to be.
    fn outputs<T: Measure>(mut pipeline: Pipeline<T>, offers: &[(u64, T)]) -> Vec<(u64, T)> {
        pipeline.check().unwrap();
        let start = Instant::now();
        let mut told = Vec::new();
        let mut ask = |pipeline: &mut Pipeline<T>, until: Option<Instant>| {
            while let Some(now) = pipeline.next_due().filter(|due| until.is_none_or(|until| *due <= until)) {
                while let Some(verdict) = pipeline.due(now) {
                    told.push(((now - start).as_millis() as u64, verdict.value.unwrap()));
                }
            }
        };
        for (at, value) in offers {
            ask(&mut pipeline, Some(start + ms(*at)));
            assert!(pipeline.offer(start + ms(*at), *value).value.is_none());
        }
        ask(&mut pipeline, None);
        told
    }

    #[test]
    fn v42_windows_follow_each_other() {
        let pipeline = Pipeline::new().mean(ms(100), ms(100));
        let offers = [(0, 1.0), (50, 3.0), (99, 5.0), (100, 7.0), (250, 9.0)];
        assert_eq!(outputs(pipeline, &offers), [(100, 3.0), (200, 7.0), (300, 9.0)]);
    }

    #[test]
    fn v42_windows_overlap_when_they_slide_by_less_than_their_length() {
        let pipeline = Pipeline::new().max(ms(100), ms(40));
        let offers = [(0, -9), (30, -1), (60, -5), (110, -7)];
        // 0..100, 40..140, 80..180; in 120..220 there is nothing more.
        assert_eq!(outputs(pipeline, &offers), [(100, -1), (140, -5), (180, -7)]);
    }

    #[test]
    fn v42_values_between_windows_are_in_none() {
        let pipeline = Pipeline::new().min(ms(50), ms(200));
        let offers = [(0, 5), (49, 4), (50, 1), (199, 1), (200, 8), (420, 9)];
        assert_eq!(outputs(pipeline, &offers), [(50, 4), (250, 8), (450, 9)]);
    }

    #[test]
    fn v42_after_a_pause_the_next_window_begins_with_the_next_value() {
        let pipeline = Pipeline::new().mean(ms(100), ms(100));
        let offers = [(0, 1.0), (1234, 2.0), (1333, 4.0)];
        assert_eq!(outputs(pipeline, &offers), [(100, 1.0), (1334, 3.0)]);
    }

    #[test]
    fn v42_deviations_are_those_of_their_windows() {
        let pipeline = Pipeline::new().standard_deviation(ms(80), ms(20));
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let offers: Vec<_> = values.iter().enumerate().map(|(at, value)| (at as u64 * 10, *value)).collect();
        assert_eq!(outputs(pipeline, &offers)[0], (80, 2.0));
    }

    /// Asked late, as on a machine that has slept, it says the same as if it had been asked in time.
    #[test]
    fn v42_late_is_as_good_as_in_time() {
        let mut pipeline = Pipeline::new().mean(ms(1), ms(1));
        let start = Instant::now();
        let day = Duration::from_secs(86_400);
        for (at, value) in [(Duration::ZERO, 1.0), (day * 1000, 2.0)] {
            assert!(pipeline.offer(start + at, value).value.is_none());
        }
        let mut told = Vec::new();
        while let Some(verdict) = pipeline.due(start + day * 2000) {
            told.extend(verdict.value);
        }
        assert_eq!((told, pipeline.next_due()), (vec![1.0, 2.0], None));
    }

    #[test]
    fn v42_what_comes_out_of_a_window_goes_through_the_stages_behind_it() {
        let pipeline = Pipeline::new().mean(ms(10), ms(10)).filter(|v| *v > 1.0).max(ms(30), ms(30));
        let offers = [(0, 1.0), (10, 2.0), (20, 6.0), (30, 4.0)];
        // Means 1, 2, 6, 4 at 10, 20, 30, 40; the first window of the greatest begins at 20.
        assert_eq!(outputs(pipeline, &offers), [(50, 6.0)]);
    }

    #[test]
    fn v42_what_is_no_number_is_left_out() {
        let pipeline = Pipeline::new().max(ms(10), ms(10));
        assert_eq!(outputs(pipeline, &[(0, f64::NAN), (1, 5.0), (2, f64::INFINITY)]), [(11, 5.0)]);
    }

    #[test]
    fn windows_that_cannot_be_are_told() {
        let check = |window, slide| Pipeline::<f64>::new().mean(window, slide).check();
        assert!(matches!(check(ms(0), ms(1)), Err(WindowError::Length { .. })));
        assert!(matches!(check(ms(1), ms(0)), Err(WindowError::Length { .. })));
        assert!(matches!(check(Duration::MAX, ms(1)), Err(WindowError::Length { .. })));
        assert!(matches!(check(ms(60_000), ms(7)), Err(WindowError::Parts { parts: 60_000, .. })));
        assert_eq!(check(ms(60_000), ms(1000)), Ok(()));
    }
}
