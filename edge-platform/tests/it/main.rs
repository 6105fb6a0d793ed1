//! The platform from outside: gRPC, HTTP and MQTT over real sockets, and the real program.

#![allow(clippy::unwrap_used, reason = "clippy.toml lets tests unwrap; their helpers are tests as well")]

mod broker;
mod device;
mod grpc;
mod http;
mod program;
mod support;
mod tokens;
