//! Figures of many values, which can be put together of the figures of parts.

use std::any::Any;

use super::window::Figure;

mod sealed {
    pub trait Sealed {}
}

/// A number of which there are means and deviations: all integers up to 64 bits, and floats.
pub trait Measure: sealed::Sealed + Copy + PartialOrd + Send + Any {
    #[doc(hidden)]
    fn to_f64(self) -> f64;
    #[doc(hidden)]
    fn from_f64(value: f64) -> Self;
}

macro_rules! measures {
    ($round:expr; $($number:ty)*) => { $(
        impl sealed::Sealed for $number {}

        impl Measure for $number {
            fn to_f64(self) -> f64 {
                self as f64
            }

            // What is beyond the type, by a rounding, is its end.
            fn from_f64(value: f64) -> Self {
                $round(value) as $number
            }
        }
    )* };
}
measures!(f64::round; i8 i16 i32 i64 u8 u16 u32 u64);
measures!(std::convert::identity; f32 f64);

/// Count, mean, and sum of squared distances from it: of parts, they add up without losing digits.
#[derive(Clone, Copy, Debug, Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let before = value - self.mean;
        self.mean += before / self.count;
        self.squares += before * (value - self.mean);
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0.0 {
            return;
        }
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        self.mean += apart * other.count / count;
        self.squares += other.squares + apart * apart * self.count * other.count / count;
        self.count = count;
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mean(Moments);

impl<T: Measure> Figure<T> for Mean {
    fn add(&mut self, value: T) {
        self.0.add(value.to_f64());
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn value(&self) -> Option<T> {
        (self.0.count > 0.0).then(|| T::from_f64(self.0.mean))
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deviation(Moments);

impl<T: Measure> Figure<T> for Deviation {
    fn add(&mut self, value: T) {
        self.0.add(value.to_f64());
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    fn value(&self) -> Option<T> {
        (self.0.count > 0.0).then(|| T::from_f64((self.0.squares / self.0.count).sqrt()))
    }
}

macro_rules! extremes {
    ($($name:ident $beats:tt)*) => { $(
        /// Exact also where a float would not be.
        #[derive(Clone, Copy, Debug)]
        pub(super) struct $name<T>(Option<T>);

        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self(None)
            }
        }

        impl<T: Measure> Figure<T> for $name<T> {
            fn add(&mut self, value: T) {
                if self.0.is_none_or(|best| value $beats best) {
                    self.0 = Some(value);
                }
            }

            fn merge(&mut self, other: &Self) {
                if let Some(value) = other.0 {
                    self.add(value);
                }
            }

            fn value(&self) -> Option<T> {
                self.0
            }
        }
    )* };
}
extremes!(Minimum<Maximum>);

#[cfg(test)]
mod tests {
    use super::*;

    fn of<T: Measure, F: Figure<T>>(parts: &[&[T]]) -> Option<T> {
        let mut whole = F::default();
        for part in parts {
            let mut figure = F::default();
            part.iter().for_each(|value| figure.add(*value));
            whole.merge(&figure);
        }
        whole.value()
    }

    /// In the source, the greatest began at the least positive number.
    #[test]
    fn v42_the_greatest_of_negative_values_is_negative() {
        assert_eq!(of::<f64, Maximum<f64>>(&[&[-5.0, -2.5], &[-3.0]]), Some(-2.5));
        assert_eq!(of::<i8, Maximum<i8>>(&[&[-128], &[-127]]), Some(-127));
        assert_eq!(of::<f64, Minimum<f64>>(&[&[5.0], &[2.5, 3.0]]), Some(2.5));
        assert_eq!(of::<u64, Maximum<u64>>(&[&[u64::MAX - 1], &[u64::MAX]]), Some(u64::MAX));
        assert_eq!(of::<f64, Maximum<f64>>(&[&[]]), None);
    }

    #[test]
    fn v42_means_of_parts_are_the_mean_of_the_whole() {
        assert_eq!(of::<f64, Mean>(&[&[1.0], &[], &[2.0, 6.0]]), Some(3.0));
        assert_eq!(of::<u8, Mean>(&[&[255, 255], &[254, 254]]), Some(255));
        assert_eq!(of::<i32, Mean>(&[&[-1, -2]]), Some(-2));
        assert_eq!(of::<f64, Mean>(&[]), None);
    }

    /// In the source, a window of many parts had room for fewer of them than it put there.
    #[test]
    fn v42_deviations_of_parts_are_the_deviation_of_the_whole() {
        let parts: [&[f64]; 4] = [&[2.0, 4.0], &[4.0, 4.0, 5.0], &[5.0], &[7.0, 9.0]];
        assert_eq!(of::<f64, Deviation>(&parts), Some(2.0));
        assert_eq!(of::<f64, Deviation>(&[&[3.5]]), Some(0.0));
        // Far from 0, the digits are still there.
        let far = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0];
        assert_eq!(of::<f64, Deviation>(&[&far[..1], &far[1..]]), Some(22.5f64.sqrt()));
    }
}
