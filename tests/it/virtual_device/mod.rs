//! What virtual devices of other systems do, here: a test for each feature that is taken over (`v..`, by the rows of the
//! table of features), for each expected result (`o..`), and for each contradiction that had to be decided (`c..`).

mod access;
mod actions;
mod alerts;
mod callbacks;
mod errors;
mod house;
mod interleavings;
mod models;
mod motor;
mod observers;
mod page;
mod platform;
mod policies;
mod settle;
mod transactions;
