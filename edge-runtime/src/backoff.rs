//! How long to wait before the next attempt: exponential with full jitter, never reset by a mere
//! success of connecting. Pure: the caller brings the random number and the time that passed.

use std::time::Duration;

/// The shortest wait of all.
pub const FIRST: Duration = Duration::from_secs(1);
/// The longest first wait: when a broker comes back, a fleet is spread over it; shorter than a device that closes waits for what is left.
pub const SPREAD: Duration = Duration::from_secs(4);
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
        assert_eq!(delays, [4, 8, 16, 32, 60, 60, 60, 60, 60]);
    }

    #[test]
    fn jitter_is_full_and_never_nothing() {
        let mut backoff = Backoff::default();
        for _ in 0..50 {
            assert_eq!(backoff.next(0.0), FIRST);
        }
        assert_eq!(backoff.next(1.0), LONGEST);
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
