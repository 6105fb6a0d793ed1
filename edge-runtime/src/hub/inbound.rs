//! What comes from the broker, and its way to the device that it is for. A command may come before its device does.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use edge_proto::DeviceId;
use edge_proto::topic::{DeviceStream, Stream, Topic};

use super::devices::Devices;
use super::{Endpoint, Hub};
use crate::delivery::AckGuard;
use crate::link::Received;

/// How long commands for devices that are not here wait for them, from the first connection on: a session that the
/// broker has kept may have commands for devices that start a little later.
const SETTLE: Duration = Duration::from_secs(10);
/// How many commands may wait like that, and how many bytes of their payloads.
const EARLY: usize = 1024;
const EARLY_BYTES: usize = 16 * 1024 * 1024;

/// What a command is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Asset(Arc<str>),
    /// Several assets, named in the payload.
    Several,
    Action(Arc<str>),
}

/// A command on its way to its device.
#[derive(Debug)]
pub(crate) struct Inbound {
    pub(crate) target: Target,
    pub(crate) payload: Bytes,
    /// Kept by the broker from before: not to be run.
    pub(crate) retained: bool,
    pub(crate) ack: AckGuard,
}

/// A message that arrived, for whatever device.
#[derive(Debug)]
pub(super) struct Arrived {
    topic: String,
    payload: Bytes,
    retained: bool,
    ack: AckGuard,
}

impl Arrived {
    fn device(&self) -> &str {
        Topic::parse(&self.topic).and_then(|topic| topic.device()).unwrap_or_default()
    }
}

fn is_command(topic: &Topic<'_>) -> bool {
    matches!(
        topic,
        Topic::Asset { stream: Stream::Command, .. }
            | Topic::Device { stream: DeviceStream::Command, .. }
            | Topic::Action { .. }
    )
}

impl Devices {
    fn has_room_for_early(&self) -> bool {
        let bytes: usize = self.early.iter().map(|early| early.payload.len()).sum();
        self.early.len() < EARLY && bytes < EARLY_BYTES
    }
}

impl Hub {
    /// What came for a device before it was here; `None` when that is all, and the next one is handed over as it comes.
    pub(super) fn take_early(&self, id: &DeviceId) -> Option<Vec<Arrived>> {
        let mut devices = self.devices();
        let early = devices.early.extract_if(.., |early| early.device() == id.as_str()).collect::<Vec<_>>();
        if early.is_empty() {
            devices.joining.remove(id);
            return None;
        }
        Some(early)
    }

    /// Passes a command on to its device, and what it listens to. Anything else is none of ours, and
    /// acknowledged.
    pub(crate) fn receive(&self, message: Received) {
        let ack = self.acks.expect(message.ack);
        if self.is_closing() {
            // Not acknowledged: it comes again when the device is there again.
            return;
        }
        let Received { topic, payload, retained, .. } = message;
        self.deliver(Arrived { topic, payload, retained, ack });
    }

    fn deliver(&self, message: Arrived) {
        let topic = Topic::parse(&message.topic);
        let Some((topic, device)) = topic.and_then(|topic| Some((topic, topic.device()?))) else {
            return self.ignore(message);
        };
        let mut devices = self.devices();
        let Some(member) = devices.members.get(device).map(Arc::clone) else {
            if is_command(&topic) && !devices.has_settled && devices.has_room_for_early() {
                return devices.early.push(message);
            }
            drop(devices);
            return self.ignore(message);
        };
        if is_command(&topic) && devices.joining.contains(&member.origin().id) {
            return devices.early.push(message);
        }
        drop(devices);
        let Arrived { payload, retained, ack, .. } = message;
        self.pass_on(&member, &topic, payload, retained, ack);
    }

    /// Passes on what came before its device.
    pub(super) fn hand_over(&self, member: &Arc<dyn Endpoint>, message: Arrived) {
        let Arrived { topic, payload, retained, ack } = message;
        if let Some(topic) = Topic::parse(&topic) {
            self.pass_on(member, &topic, payload, retained, ack);
        }
    }

    fn pass_on(
        &self,
        member: &Arc<dyn Endpoint>,
        topic: &Topic<'_>,
        payload: Bytes,
        retained: bool,
        ack: AckGuard,
    ) {
        let traffic = &member.origin().traffic;
        traffic.received.add(1);
        traffic.bytes_received.add(payload.len());
        let target = match *topic {
            Topic::Asset { asset, stream: Stream::Command, .. } => Target::Asset(asset.into()),
            Topic::Device { stream: DeviceStream::Command, .. } => Target::Several,
            Topic::Action { action, .. } => Target::Action(action.into()),
            Topic::Asset { device, asset, stream } => {
                member.origin().listening.hear(device, asset, stream, &payload);
                return ack.done();
            }
            _ => {
                self.metrics.ignored();
                tracing::warn!(%topic, "unexpected topic");
                return ack.done();
            }
        };
        Arc::clone(member).take(Inbound { target, payload, retained, ack });
    }

    fn ignore(&self, message: Arrived) {
        self.metrics.ignored();
        tracing::warn!(topic = %message.topic.escape_debug(), "a message for a device that is not here");
        message.ack.done();
    }

    /// The connection is lost: what came on it and was not passed on comes again.
    pub(crate) fn forget_early(&self) {
        let early = std::mem::take(&mut self.devices().early);
        drop(early);
    }

    /// Lets commands go whose devices have not come.
    pub(super) async fn settle(&self) {
        tokio::time::sleep(SETTLE).await;
        let early = {
            let mut devices = self.devices();
            devices.has_settled = true;
            let Devices { early, joining, .. } = &mut *devices;
            let is_for_nobody = |early: &mut Arrived| !joining.iter().any(|id| id.as_str() == early.device());
            early.extract_if(.., is_for_nobody).collect::<Vec<_>>()
        };
        early.into_iter().for_each(|message| self.ignore(message));
        std::future::pending().await
    }
}
