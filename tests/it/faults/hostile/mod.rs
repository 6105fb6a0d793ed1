//! Payloads and packets that are made to harm: nothing panics, nothing invalid reaches a handler, all is counted.

mod bombs;
mod packets;
mod payloads;
