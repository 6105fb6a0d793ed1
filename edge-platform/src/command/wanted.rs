//! What is wanted of a device, and the message that says so.

use std::time::Duration;

use edge_proto::DeviceId;
use edge_proto::payload;
use edge_proto::topic::{self, DeviceStream, Stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;

/// What is wanted of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted<'a> {
    /// A value for one asset.
    Asset(&'a str, &'a RawValue),
    /// Values for several, in one message.
    Assets(&'a [(String, Box<RawValue>)]),
    /// That it does something, with arguments by name.
    Action(&'a str, &'a [(String, Box<RawValue>)]),
}

impl<'a> Wanted<'a> {
    /// If it is one.
    pub(super) fn asset(&self) -> Option<&'a str> {
        match *self {
            Self::Asset(asset, _) => Some(asset),
            Self::Assets(_) | Self::Action(..) => None,
        }
    }

    /// If it is one.
    pub(super) fn action(&self) -> Option<&'a str> {
        match *self {
            Self::Action(action, _) => Some(action),
            Self::Asset(..) | Self::Assets(_) => None,
        }
    }

    pub(super) fn assets(&self) -> Box<dyn Iterator<Item = &'a str> + 'a> {
        match *self {
            Self::Asset(asset, _) => Box::new(std::iter::once(asset)),
            Self::Assets(values) => Box::new(values.iter().map(|(asset, _)| asset.as_str())),
            // No state tells that something was done.
            Self::Action(..) => Box::new(std::iter::empty()),
        }
    }
}

/// Topic and payload.
pub(super) type Message = (String, Vec<u8>);

pub(super) fn message(device: &DeviceId, id: &str, wanted: Wanted<'_>, timeout: Option<Duration>) -> Message {
    let at = Timestamp::now();
    let expires = timeout.and_then(|timeout| SignedDuration::try_from(timeout).ok());
    let expires = expires.and_then(|timeout| at.checked_add(timeout).ok());
    let mut payload = Vec::new();
    let topic = match wanted {
        Wanted::Asset(asset, value) => {
            payload::write_command(&mut payload, id, at, expires, value);
            topic::asset(device, asset, Stream::Command)
        }
        Wanted::Assets(values) => {
            let values = values.iter().map(|(asset, value)| (asset.as_str(), &**value));
            payload::write_device_command(&mut payload, id, at, expires, values);
            topic::device(device, DeviceStream::Command)
        }
        Wanted::Action(action, arguments) => {
            let arguments = arguments.iter().map(|(name, value)| (name.as_str(), &**value));
            payload::write_action(&mut payload, id, at, expires, arguments);
            topic::action(device, action)
        }
    };
    (topic, payload)
}
