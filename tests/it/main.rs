//! What a user relies on, seen from outside. One program, so that it links once.

#![allow(clippy::unwrap_used, reason = "in tests; clippy sees only the functions marked #[test]")]

mod allthingstalk;
mod children;
mod commands;
mod connector;
mod drift;
mod examples;
mod faults;
mod fleet;
mod fuzz;
mod host;
mod model;
mod mosquitto;
mod nats;
mod observability;
mod outbox;
mod reconcile;
mod restarts;
mod startup;
mod state;
mod storage;
mod virtual_device;
