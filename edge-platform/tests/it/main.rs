//! The platform from outside: gRPC, HTTP and MQTT over real sockets, and the real program.

#![allow(clippy::unwrap_used, reason = "clippy.toml lets tests unwrap; their helpers are tests as well")]

mod auto_create;
mod broker;
mod calls;
mod clients;
mod device;
mod echoes;
mod grpc;
mod grpc_errors;
mod grpc_organizations;
mod grpc_pages;
mod grpc_parts;
mod history;
mod http;
mod http_access;
mod http_assets;
mod http_bad;
mod http_devices;
mod http_states;
mod models;
mod objects;
mod payloads;
mod presence;
mod program;
mod raw;
mod reports;
mod services;
mod support;
mod tls;
mod tokens;
