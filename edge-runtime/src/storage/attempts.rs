//! How often a transfer is begun again: as long as it gets further, and a few times when it does not.

use std::time::Duration;

use super::error::StorageError;
use crate::backoff::Backoff;
use crate::cause::chain;

const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(5);
/// So many attempts in a row may bring nothing.
const FRUITLESS: u32 = 6;

/// See the module.
#[derive(Debug)]
pub(super) struct Attempts {
    backoff: Backoff,
    fruitless: u32,
    furthest: u64,
}

impl Attempts {
    pub(super) fn new() -> Self {
        Self { backoff: Backoff::new(FIRST, LONGEST), fruitless: 0, furthest: 0 }
    }

    /// So many bytes are there.
    pub(super) fn reached(&mut self, bytes: u64) {
        if bytes > self.furthest {
            self.furthest = bytes;
            (self.fruitless, self.backoff) = (0, Backoff::new(FIRST, LONGEST));
        }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// The error of the last one, when there is none.
    pub(super) async fn again(&mut self, error: StorageError) -> Result<(), StorageError> {
        self.fruitless += 1;
        if !error.is_retryable() || self.fruitless >= FRUITLESS {
            return Err(error);
        }
        let delay = self.backoff.next(fastrand::f64());
        tracing::info!(error = chain(&error), ?delay, "a transfer broke off, and goes on");
        tokio::time::sleep(delay).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> StorageError {
        StorageError::Unavailable { endpoint: String::new(), object: String::new(), reason: String::new() }
    }

    #[tokio::test(start_paused = true)]
    async fn what_gets_further_is_not_given_up() {
        let mut attempts = Attempts::new();
        for bytes in 1..100 {
            attempts.again(away()).await.unwrap();
            attempts.again(away()).await.unwrap();
            attempts.reached(bytes);
        }
        for _ in 1..FRUITLESS {
            attempts.again(away()).await.unwrap();
            attempts.reached(99);
        }
        assert_eq!(attempts.again(away()).await, Err(away()));
    }

    #[tokio::test]
    async fn what_cannot_get_better_is_not_tried_again() {
        assert_eq!(Attempts::new().again(StorageError::Unsupported).await, Err(StorageError::Unsupported));
    }
}
