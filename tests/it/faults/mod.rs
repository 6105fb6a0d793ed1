//! Faults on the wire: a broker and a network that do what brokers and networks do on bad days.
//!
//! The names of tests begin with the row of the table of faults that they show (R: delivery, C: connection,
//! H: commands). Time is tokio's paused clock, held in step with the sockets, so that a minute of backoff
//! costs a fraction of a second. The waits that devices draw, and when things go wrong, follow from a seed (`chance`) in the
//! rows that depend on them, and the soak runs those with twenty.

#![allow(clippy::print_stdout, reason = "the figures of each row, shown with `--nocapture`")]

mod access;
mod alone;
mod announce;
mod apart;
mod backlog;
pub(crate) mod chance;
mod clock;
mod cluster;
mod commands;
mod connection;
mod crowd;
mod delivery;
mod example;
mod figures;
mod flood;
mod guarded;
mod handlers;
mod handshake;
mod hostile;
mod identity;
mod intruder;
mod narrow;
mod network;
mod overflow;
mod proxy;
pub(crate) mod quiet;
mod real;
mod refusal;
mod secrets;
mod sessions;
mod signals;
mod slow;
mod store;
mod tls;
mod values;
pub(crate) mod world;
