//! What the tests start: real brokers, platforms and devices, as processes of their own on free
//! loopback ports, with data folders of their own, ended by process id.

pub mod bench;
mod build;
mod causes;
mod fake_connector;
mod http;
mod logs;
mod mosquitto;
mod namespace;
mod nats;
mod observer;
mod peer;
mod ports;
mod process;
mod program;
mod python;
mod reader;
#[cfg(feature = "s3")]
mod s3;

pub use build::{Feature, example, program, program_with};
pub use causes::causes;
pub use fake_connector::{Call, FakeConnector, OK, Reply, ok, status};
pub use http::Http;
pub use logs::Logs;
pub use mosquitto::{Mosquitto, publish, publish_retained, subscribe};
pub use namespace::{Names, Network};
pub use nats::NatsCluster;
pub use observer::{Observer, Seen};
pub use peer::{Peer, peer, skip};
pub use ports::free_port;
pub use process::{Lines, Process};
pub use program::PlatformProgram;
pub use python::Python;
pub use reader::{Heard, Reader};
#[cfg(feature = "s3")]
pub use s3::S3Server;

/// The result of a test.
pub type TestResult = Result<(), Box<dyn std::error::Error>>;
