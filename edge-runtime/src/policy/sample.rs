//! Some values of many.

use super::pipeline::{Moment, Stage};

/// Which values a [`sample`](super::Pipeline::sample) lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sample {
    /// All.
    All,
    /// Every so many: the `n`th, the 2`n`th, .. 0 lets all through, as 1 does.
    Every(u32),
    /// Each by chance, one in so many on average. (The source's random sample is 1 in 30.) 0 lets all through, as
    /// 1 does.
    Random(u32),
}

impl From<u32> for Sample {
    fn from(every: u32) -> Self {
        Self::Every(every)
    }
}

/// See [`Sample`].
pub(super) struct Sampler {
    sample: Sample,
    /// How many have come since the last that it let through.
    passed_over: u32,
}

impl Sampler {
    pub(super) fn new(sample: Sample) -> Self {
        Self { sample, passed_over: 0 }
    }

    fn takes(&mut self) -> bool {
        match self.sample {
            Sample::All => true,
            Sample::Every(every) => {
                self.passed_over += 1;
                let is_it = self.passed_over >= every;
                if is_it {
                    self.passed_over = 0;
                }
                is_it
            }
            Sample::Random(one_in) => fastrand::u32(..one_in.max(1)) == 0,
        }
    }
}

impl<T> Stage<T> for Sampler {
    fn offer(&mut self, value: T, _: &mut Moment<'_>) -> Option<T> {
        self.takes().then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::policy::Pipeline;

    fn taken(sample: impl Into<Sample>, values: u32) -> Vec<u32> {
        let mut pipeline = Pipeline::new().sample(sample);
        let now = Instant::now();
        (1..=values).filter(|&value| pipeline.offer(now, value).value.is_some()).collect()
    }

    #[test]
    fn v42_every_nth_is_taken_from_the_nth_on() {
        assert_eq!(taken(3, 10), [3, 6, 9]);
        assert_eq!(taken(1, 3), [1, 2, 3]);
        assert_eq!(taken(0, 3), [1, 2, 3]);
        assert_eq!(taken(Sample::All, 3), [1, 2, 3]);
    }

    /// In the source, numbers above 127 were compared by identity, and never were the same.
    #[test]
    fn v42_sampling_goes_on_beyond_127() {
        assert_eq!(taken(128, 400), [128, 256, 384]);
        assert_eq!(taken(1000, 3000), [1000, 2000, 3000]);
        assert!(taken(u32::MAX, 1000).is_empty());
    }

    #[test]
    fn v42_a_random_sample_is_about_as_large_as_was_said() {
        // 300,000 draws of 1 in 30: 20 standard deviations around the 10,000 that are expected.
        let count = taken(Sample::Random(30), 300_000).len();
        assert!((8_000..12_000).contains(&count), "{count}");
        assert_eq!(taken(Sample::Random(0), 3), [1, 2, 3]);
    }
}
