//! When a call is made again: pure functions of what happened. The clock, the random number and the
//! waiting are the caller's.

use std::time::Duration;

use super::builder::Retry;
use super::error::{Code, Failure, Origin};
use super::method::Effect;
use crate::backoff::Backoff;

/// What a code promises to one who asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// It will pass.
    Always,
    /// It may pass, or the server is broken: at most [`A_FEW`] times.
    AFewTimes,
    /// It stays as it is, or asking again is the caller's decision.
    Never,
}

/// How often `UNKNOWN` and `INTERNAL` are asked again.
pub(super) const A_FEW: u32 = 3;

pub(super) fn again(code: Code) -> Again {
    match code {
        Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled => {
            Again::Always
        }
        // Transports may say `UNKNOWN` of their own faults.
        Code::Unknown | Code::Internal => Again::AFewTimes,
        // `ABORTED`: the same request would be as outdated as before.
        Code::Aborted
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::DataLoss
        | Code::Unauthenticated => Again::Never,
    }
}

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    effect: Effect,
    retry: Retry,
    backoff: Backoff,
    failed: u32,
    /// A failed attempt may have been done all the same.
    may_be_done: bool,
}

/// What follows from a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Another attempt, after this time.
    After(Duration),
    /// None: the failure is the call's answer.
    Fail,
    /// None: what was to be removed is gone, as an attempt before saw to.
    Done,
}

impl Attempts {
    pub(super) fn new(effect: Effect, retry: Retry, backoff: Backoff) -> Self {
        Self { effect, retry, backoff, failed: 0, may_be_done: false }
    }

    /// Decides with the time that is left and a random number in `0.0..1.0`.
    pub(super) fn next(&mut self, failure: &Failure, left: Duration, random: f64) -> Next {
        if failure.code == Code::NotFound && self.effect == Effect::Removes && self.may_be_done {
            return Next::Done;
        }
        self.may_be_done |= failure.may_be_done();
        self.failed = self.failed.saturating_add(1);
        if !self.allows(failure) {
            return Next::Fail;
        }
        let delay = self.backoff.next(random).max(failure.retry_after.unwrap_or_default());
        if delay < left { Next::After(delay) } else { Next::Fail }
    }

    fn allows(&self, failure: &Failure) -> bool {
        let repeatable = self.effect != Effect::Once || failure.origin == Origin::NeverSent;
        let by_code = match failure.again() {
            Again::Always => u32::MAX,
            Again::AFewTimes => A_FEW,
            Again::Never => 0,
        };
        let by_caller = match self.retry {
            Retry::UntilDeadline => u32::MAX,
            Retry::AtMost(times) => times,
            Retry::Never => 0,
        };
        repeatable && self.failed <= by_code.min(by_caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Duration = Duration::from_secs(30);

    fn attempts(effect: Effect, retry: Retry) -> Attempts {
        let backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        Attempts::new(effect, retry, backoff)
    }

    fn failure(code: Code) -> Failure {
        Failure::new(Origin::Call, code, "")
    }

    /// How often it is tried again when it always fails like this; at most ten times.
    fn retries(mut attempts: Attempts, failure: &Failure) -> usize {
        let again = |_: &u32| matches!(attempts.next(failure, LEFT, 0.0), Next::After(_));
        (0..10).take_while(again).count()
    }

    #[test]
    fn the_code_and_the_caller_limit_it() {
        for (code, retry, expected) in [
            (Code::Unavailable, Retry::UntilDeadline, 10),
            (Code::Unavailable, Retry::AtMost(2), 2),
            (Code::Unavailable, Retry::Never, 0),
            (Code::Internal, Retry::UntilDeadline, 3),
            (Code::Unknown, Retry::AtMost(1), 1),
            (Code::Aborted, Retry::UntilDeadline, 0),
            (Code::NotFound, Retry::UntilDeadline, 0),
        ] {
            assert_eq!(
                retries(attempts(Effect::Idempotent, retry), &failure(code)),
                expected,
                "{code} {retry:?}"
            );
        }
    }

    #[test]
    fn what_is_done_once_is_repeated_only_when_it_was_never_sent() {
        let once = || attempts(Effect::Once, Retry::UntilDeadline);
        assert_eq!(retries(once(), &failure(Code::Unavailable)), 0);
        assert_eq!(retries(once(), &Failure::new(Origin::NeverSent, Code::Unavailable, "")), 10);
    }

    #[test]
    fn an_answer_that_cannot_be_understood_is_not_asked_for_again() {
        let garbage = Failure::new(Origin::Protocol, Code::Internal, "");
        assert_eq!(retries(attempts(Effect::Idempotent, Retry::UntilDeadline), &garbage), 0);
    }

    #[test]
    fn gone_is_done_only_after_an_attempt_that_may_have_been() {
        let gone = failure(Code::NotFound);
        let next = |before: &Failure, effect| {
            let mut attempts = attempts(effect, Retry::UntilDeadline);
            attempts.next(before, LEFT, 0.0);
            attempts.next(&gone, LEFT, 0.0)
        };
        assert_eq!(next(&failure(Code::DeadlineExceeded), Effect::Removes), Next::Done);
        assert_eq!(next(&failure(Code::DeadlineExceeded), Effect::Idempotent), Next::Fail);
        assert_eq!(next(&failure(Code::ResourceExhausted), Effect::Removes), Next::Fail);
        let never_sent = Failure::new(Origin::NeverSent, Code::Unavailable, "");
        assert_eq!(next(&never_sent, Effect::Removes), Next::Fail);
    }

    #[test]
    fn waits_as_long_as_the_server_wants_or_not_at_all() {
        let after = |seconds| Failure {
            retry_after: Some(Duration::from_secs(seconds)),
            ..failure(Code::ResourceExhausted)
        };
        let mut attempts = attempts(Effect::Idempotent, Retry::UntilDeadline);
        assert_eq!(attempts.next(&after(7), LEFT, 0.0), Next::After(Duration::from_secs(7)));
        assert_eq!(attempts.next(&after(60), LEFT, 0.0), Next::Fail);
    }

    #[test]
    fn waits_grow() {
        let mut attempts = attempts(Effect::Idempotent, Retry::UntilDeadline);
        let next = |_| match attempts.next(&failure(Code::Unavailable), LEFT, 1.0) {
            Next::After(delay) => delay.as_millis(),
            other => panic!("{other:?}"),
        };
        let delays: Vec<_> = (0..7).map(next).collect();
        assert_eq!(delays, [100, 200, 400, 800, 1600, 3200, 5000]);
    }
}
