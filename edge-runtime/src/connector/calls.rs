//! How a call is made: the connection that all of them share, attempts, and the waits between them.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::time::{Instant, sleep};

use super::builder::{Retry, Timing};
use super::error::{Code, ConnectorError, Failure, Origin};
use super::grpc::{Connection, Transport};
use super::method::{Message, Method};
use super::policy::{Attempts, Next};
use crate::address::Address;
use crate::lock::lock;

/// The calls of one client and its clones.
pub(super) struct Calls {
    endpoint: Arc<str>,
    transport: Transport,
    timing: Timing,
    /// Held to look at it, never while waiting.
    state: Mutex<State>,
}

enum State {
    /// No call has been made yet.
    Idle,
    /// Connects by itself, and again.
    Open(Arc<Connection>),
    Closed,
}

impl Calls {
    pub(super) fn new(address: &Address, transport: Transport, timing: Timing) -> Self {
        Self { endpoint: address.to_string().into(), transport, timing, state: Mutex::new(State::Idle) }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn retry(&self) -> Retry {
        self.timing.retry
    }

    pub(super) fn error(&self, method: &'static str, failure: Failure) -> ConnectorError {
        failure.at(method, &self.endpoint)
    }

    /// The connection goes with the last call that is under way.
    pub(super) fn close(&self) {
        *self.state() = State::Closed;
    }

    /// Calls with a stream of messages, as often as the policy says.
    pub(super) async fn call<Q: Message, A: Message>(
        &self,
        method: &Method<Q, A>,
        requests: Vec<Q>,
        retry: Retry,
    ) -> Result<A, ConnectorError> {
        let connection = self.connection().map_err(|failure| self.error(method.name, failure))?;
        let timing = &self.timing;
        let deadline = Instant::now() + timing.deadline;
        let left = || deadline.saturating_duration_since(Instant::now());
        let mut attempts = Attempts::new(method.effect, retry, timing.backoff);
        let mut before = None;
        loop {
            let limit = timing.attempt_timeout.min(left());
            let failure = match connection.call(method, requests.clone(), limit).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match attempts.next(&failure, left(), fastrand::f64()) {
                Next::After(delay) => {
                    tracing::debug!(method = method.name, code = %failure.code, ?delay, "calls again");
                    before = Some(failure);
                    sleep(delay).await;
                }
                Next::Done => return Ok(A::default()),
                Next::Fail => {
                    // An attempt that only had the rest of the time says less than the one before it.
                    let is_cut = failure.code == Code::DeadlineExceeded && limit < timing.attempt_timeout;
                    let failure = before.filter(|_| is_cut).unwrap_or(failure);
                    return Err(self.error(method.name, failure));
                }
            }
        }
    }

    fn connection(&self) -> Result<Arc<Connection>, Failure> {
        let mut state = self.state();
        match &*state {
            State::Open(connection) => Ok(Arc::clone(connection)),
            State::Closed => Err(Failure::new(Origin::Local, Code::Cancelled, "the client is closed")),
            State::Idle => {
                let connection = Arc::new(self.transport.connect());
                *state = State::Open(Arc::clone(&connection));
                Ok(connection)
            }
        }
    }

    /// It is whole whoever panicked: every change is one assignment.
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}
