//! How long to wait before the next attempt: exponential with full jitter, never reset by a mere
//! success of connecting. Pure: the caller brings the random number and the time that passed.

use std::time::Duration;

/// The shortest wait of all.
pub const FIRST: Duration = Duration::from_secs(1);
/// The longest first wait: when a broker comes back, a fleet is spread over the time between the two, so
/// that no second sees a fifth of it. A device that closes does not wait for this.
pub const SPREAD: Duration = Duration::from_secs(8);
/// The longest wait.
pub const LONGEST: Duration = Duration::from_secs(60);
/// A connection that lasted this long was a good one: the next wait is short again.
pub const STABLE: Duration = Duration::from_secs(60);

/// A sequence of delays.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    shortest: Duration,
    first: Duration,
    longest: Duration,
    attempts: u32,
}

/// For connections to a broker that a fleet of devices shares.
impl Default for Backoff {
    fn default() -> Self {
        Self { shortest: FIRST, ..Self::new(SPREAD, LONGEST) }
    }
}

impl Backoff {
    /// Delays that start around `first` and grow to `longest`, none shorter than half of `first`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { shortest: first / 2, first, longest, attempts: 0 }
    }

    /// The next delay. `random` is in `0.0..1.0`.
    ///
    /// The ceiling doubles with every attempt; the delay lies anywhere between the shortest one and that
    /// ceiling, so that a thousand devices do not come back in the same second.
    pub fn next(&mut self, random: f64) -> Duration {
        let ceiling = self.first.saturating_mul(2u32.saturating_pow(self.attempts)).min(self.longest);
        self.attempts = self.attempts.saturating_add(1).min(31);
        let floor = self.shortest;
        floor + ceiling.saturating_sub(floor).mul_f64(random.clamp(0.0, 1.0))
    }

    /// Says how long the connection lasted that has just been lost.
    pub fn lasted(&mut self, time: Duration) {
        if time >= STABLE {
            self.attempts = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_to_the_longest_and_stays() {
        let mut backoff = Backoff::default();
        let delays: Vec<_> = (0..9).map(|_| backoff.next(1.0).as_secs()).collect();
        assert_eq!(delays, [8, 16, 32, 60, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn jitter_is_full_and_never_nothing() {
        let mut backoff = Backoff::default();
        for _ in 0..50 {
            assert_eq!(backoff.next(0.0), FIRST);
        }
        assert_eq!(backoff.next(1.0), LONGEST);
    }

    /// The most that lie within one second, wherever it begins.
    fn busiest(mut delays: Vec<Duration>) -> usize {
        delays.sort_unstable();
        let within = |(index, from)| delays.partition_point(|it| *it < from + FIRST) - index;
        delays.iter().copied().enumerate().map(within).max().unwrap_or(0)
    }

    #[test]
    fn c03_no_second_sees_a_fifth_of_a_fleet() {
        const FLEET: usize = 1000;
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let mut fleet = vec![Backoff::default(); FLEET];
            let mut at = vec![Duration::ZERO; FLEET];
            for attempt in 0..4 {
                for (backoff, at) in fleet.iter_mut().zip(&mut at) {
                    *at += backoff.next(random.f64());
                }
                let busiest = busiest(at.clone());
                assert!(busiest * 5 <= FLEET, "seed {seed}, attempt {attempt}: {busiest}");
                assert!(attempt > 0 || at.iter().all(|at| *at <= 2 * LONGEST));
            }
        }
    }

    #[test]
    fn only_a_stable_connection_resets_it() {
        let mut backoff = Backoff::default();
        for _ in 0..6 {
            backoff.next(1.0);
        }
        backoff.lasted(Duration::from_secs(59));
        assert_eq!(backoff.next(1.0), LONGEST);
        backoff.lasted(STABLE);
        assert_eq!(backoff.next(1.0), SPREAD);
    }
}
