//! The data plane: our own broker, and our client to it or to another one.

mod access;
mod backoff;
mod broker;
mod client_ids;
mod feeds;
mod link;

use std::time::Duration;

use edge_proto::topic::{DeviceStream, Stream, Topic};

pub(crate) use broker::EmbeddedBroker;
pub(crate) use client_ids::ClientIds;
pub(crate) use feeds::Feeds;
pub(crate) use link::{Ack, Inbound, Link, LinkOptions, LinkState, Received, start as start_link};

/// How long to wait while the client's queue is full.
pub(crate) const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// What the platform listens to.
pub(crate) const FILTERS: [&str; 7] = [
    "device/+/asset/+/state",
    "device/+/state",
    "device/+/outcome",
    "device/+/presence",
    "device/+/alert",
    "device/+/data",
    "asset/+/state",
];

/// Whether the embedded broker and the link both count the messages of a topic, by which the platform
/// knows at its end that nothing is on the way. Presence is not counted: last wills come unannounced.
fn is_counted(topic: &str) -> bool {
    match Topic::parse(topic) {
        Some(Topic::Asset { stream, .. }) => stream == Stream::State,
        Some(Topic::Device { stream, .. }) => {
            use DeviceStream::{Alert, Data, Outcome, State};
            matches!(stream, State | Outcome | Alert | Data)
        }
        Some(Topic::Action { .. }) => false,
        Some(Topic::AssetId { .. }) => true,
        None => false,
    }
}
