//! Alerts and data: they change no value, and have their place in the device's history beside the states.

use std::task::Poll;

use edge_proto::payload;
use jiff::Timestamp;

use super::Core;
use crate::alert::ReportError;
use crate::clock::Moment;
use crate::outbox::{Accepted, Body, Report, Said, Waiter};

impl Core {
    /// Accepts a report, as soon as the outbox has room. Taken at most once: after `Ready`, not again. Without a
    /// time it holds now.
    pub(crate) fn poll_report(
        &self,
        said: &mut Option<Said>,
        at: Option<Timestamp>,
        waiter: &mut Waiter<'_>,
    ) -> Poll<Result<Accepted, ReportError>> {
        let device = || self.origin.id.to_string();
        let _transaction = self.begin();
        let mut state = self.lock();
        if state.closed {
            return Poll::Ready(Err(ReportError::Closed { device: device() }));
        }
        if !self.hub.dialect().is_native() {
            return Poll::Ready(Err(ReportError::Unsupported { device: device() }));
        }
        if let Some(at) = at.filter(|at| payload::check_time(*at).is_err()) {
            return Poll::Ready(Err(ReportError::Time { device: device(), at }));
        }
        if self.hub.outbox.poll_room_for_report(waiter).is_pending() {
            return Poll::Pending;
        }
        let said = said.take().expect("a report is accepted once");
        state.seq += 1;
        self.counters.reports.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tracing::debug!(device = %self.origin.id, report = %said.name, seq = state.seq, "accepted");
        let moment = at.map_or_else(|| self.hub.clock.now(), Moment::said);
        self.counters.stamped(moment, 1);
        let report = Report { moment, seq: state.seq, session: None, said, is_recovered: false };
        Poll::Ready(Ok(self.hub.outbox.push([self.entry(Body::Report(Box::new(report)))])))
    }
}
