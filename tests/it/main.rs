//! What a user relies on, seen from outside. One program, so that it links once.

mod commands;
mod examples;
mod model;
mod mosquitto;
mod outbox;
mod reconcile;
mod startup;
mod state;
