//! Alerts and data: they change no value, and have their place in the device's history beside the states.

use std::sync::Arc;
use std::task::Poll;

use edge_proto::payload;
use jiff::Timestamp;

use super::{Core, State};
use crate::alert::{FormatModel, ReportError};
use crate::clock::Moment;
use crate::failures::ErrorCause;
use crate::outbox::{Accepted, Body, Report, Said, Waiter};
use crate::storage::NotUploaded;

impl Core {
    /// Accepts a report, as soon as the outbox has room. Taken at most once: after `Ready`, not again. Without a
    /// time it holds now.
    pub(crate) fn poll_report(
        &self,
        said: &mut Option<Said>,
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, ReportError>> {
        let mut state = self.change();
        self.takes_reports(&state, at)?;
        if self.hub.outbox.poll_room_for_report(waiter).is_pending() {
            return Poll::Pending;
        }
        let said = said.take().expect("a report is accepted once");
        state.seq += 1;
        self.counters.reports.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tracing::debug!(device = %self.origin.id, report = %said.name, seq = state.seq, "accepted");
        let moment = at.map_or_else(|| self.hub.clock.now(), Moment::said);
        self.counters.stamped(moment, 1, &self.hub.metrics);
        let report = Report { moment, seq: state.seq, session: None, said, is_recovered: false };
        Poll::Ready(Ok(self.hub.outbox.push([self.entry(Body::Report(Box::new(report)))])))
    }

    /// Whether something could be said now, as far as nobody has looked at it.
    pub(crate) fn may_say(&self, at: Option<Timestamp>) -> Result<(), ReportError> {
        self.takes_reports(&self.lock(), at)
    }

    fn takes_reports(&self, state: &State, at: Option<Timestamp>) -> Result<(), ReportError> {
        let device = || self.origin.id.to_string();
        if state.closed {
            return Err(ReportError::Closed { device: device() });
        }
        if !self.hub.dialect().is_native() {
            return Err(ReportError::Unsupported { device: device() });
        }
        match at.filter(|at| payload::check_time(*at).is_err()) {
            Some(at) => Err(ReportError::Time { device: device(), at }),
            None => Ok(()),
        }
    }

    /// A report is not accepted because an object in one of its fields was not uploaded: who listens hears of it.
    pub(crate) fn not_said(&self, model: &FormatModel, said: &Said, error: NotUploaded) -> ReportError {
        self.origin.failed(said.sending(), ErrorCause::Upload(Arc::clone(&error.source)));
        ReportError::not_uploaded(model, error)
    }
}
