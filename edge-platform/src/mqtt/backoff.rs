//! How long to wait before the next attempt to reach the broker.

use std::time::Duration;

/// Shorter than a device's: after an outage the platform should listen before the devices speak.
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// A connection that lasted this long was a good one. A mere CONNACK proves nothing: a broker that
/// accepts and drops would be asked again and again.
pub(super) const STABLE: Duration = Duration::from_secs(60);

/// Exponential, with full jitter.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next delay: `jitter` (0 to 1) of the limit, which doubles with every failure.
    pub(super) fn next(&mut self, jitter: f64) -> Duration {
        let limit = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        limit.mul_f64(jitter.clamp(0.0, 1.0))
    }

    /// Starts again from the shortest.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// A number from 0 to 1.
pub(super) fn jitter() -> f64 {
    let random = u32::from_be_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().unwrap_or(&[0; 4]));
    f64::from(random) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let delays: Vec<_> = (0..8).map(|_| backoff.next(1.0).as_millis()).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
        backoff.reset();
        assert_eq!(backoff.next(0.5).as_millis(), 50);
        assert!((0..100).map(|_| jitter()).all(|jitter| (0.0..=1.0).contains(&jitter)));
    }
}
