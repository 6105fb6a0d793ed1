//! What became of messages, requests and commands, in numbers.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use edge_proto::payload::Outcome;

use crate::command::CommandError;

/// A snapshot of what was counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// States that became the newest of their asset.
    pub stored: u64,
    /// States that were older than the stored one.
    pub stale: u64,
    /// Messages and states that were refused: malformed, unknown, outside of the profile.
    pub refused: u64,
    /// QoS 0 messages that came faster than the store could take them.
    pub dropped: u64,
}

/// The live numbers.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Messages that arrived from the broker.
    pub(crate) messages: AtomicU64,
    /// Connections to the broker.
    pub(crate) broker_connections: AtomicU64,
    pub(crate) stored: AtomicU64,
    pub(crate) stale: AtomicU64,
    pub(crate) alerts: AtomicU64,
    pub(crate) data: AtomicU64,
    /// Alerts and data that came again.
    pub(crate) reports_again: AtomicU64,
    /// States that devices have dropped, as they say.
    pub(crate) missed: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) dropped: AtomicU64,
    /// HTTP connections that are there.
    pub(crate) http_connections: AtomicU64,
    /// Replies by the first digit of their status, 1 to 5.
    http_replies: [AtomicU64; 5],
    /// gRPC calls by their code, 0 to 16.
    grpc_calls: [AtomicU64; GRPC_CODES.len()],
    /// Commands that were waited for, by how that ended.
    commands: [AtomicU64; ENDS.len()],
}

/// gRPC's codes in the order of their numbers.
pub(crate) const GRPC_CODES: [&str; 17] = [
    "ok",
    "cancelled",
    "unknown",
    "invalid_argument",
    "deadline_exceeded",
    "not_found",
    "already_exists",
    "permission_denied",
    "resource_exhausted",
    "failed_precondition",
    "aborted",
    "out_of_range",
    "unimplemented",
    "internal",
    "unavailable",
    "data_loss",
    "unauthenticated",
];

/// How waiting for a command ends: with an outcome, or without.
pub(crate) const ENDS: [&str; 6] = ["applied", "rejected", "failed", "timeout", "no_answer", "not_sent"];

impl Counters {
    /// An HTTP request was answered.
    pub(crate) fn http_reply(&self, status: u16) {
        if let Some(counter) = self.http_replies.get(usize::from(status / 100).wrapping_sub(1)) {
            count(counter);
        }
    }

    /// A gRPC call was answered.
    pub(crate) fn grpc_call(&self, code: usize) {
        if let Some(counter) = self.grpc_calls.get(code) {
            count(counter);
        }
    }

    /// A command was waited for.
    pub(crate) fn command(&self, result: &Result<Outcome, CommandError>) {
        let end = match result {
            Ok(outcome) => outcome.status as usize,
            Err(CommandError::NoAnswer { .. }) => 4,
            Err(_) => 5,
        };
        count(&self.commands[end]);
    }

    /// Replies by the first digit of their status.
    pub(crate) fn http_replies(&self) -> impl Iterator<Item = (usize, u64)> {
        (1..).zip(self.http_replies.iter().map(|counter| counter.load(Relaxed)))
    }

    /// Calls by the code's name.
    pub(crate) fn grpc_calls(&self) -> impl Iterator<Item = (&'static str, u64)> {
        GRPC_CODES.into_iter().zip(self.grpc_calls.iter().map(|counter| counter.load(Relaxed)))
    }

    /// Commands by how waiting for them ended.
    pub(crate) fn commands(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ENDS.into_iter().zip(self.commands.iter().map(|counter| counter.load(Relaxed)))
    }

    pub(crate) fn snapshot(&self) -> Counts {
        Counts {
            stored: self.stored.load(Relaxed),
            stale: self.stale.load(Relaxed),
            refused: self.refused.load(Relaxed),
            dropped: self.dropped.load(Relaxed),
        }
    }
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
