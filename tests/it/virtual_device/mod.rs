//! The virtual device: what a program can do with a device beyond setters and single commands.

mod actions;
mod callbacks;
mod errors;
mod motor;
mod observers;
mod settle;
