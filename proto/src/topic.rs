//! The MQTT topics of the data plane.
//!
//! Per asset and for states of a whole device they are AllThingsTalk's, so that its devices and ours
//! share one data plane; commands to several assets, actions, outcomes, alerts, data and presence are ours.

use std::fmt;

use crate::name::{self, DeviceId};

const DEVICE: &str = "device";
const ASSET: &str = "asset";
const ACTION: &str = "action";

/// What a message of one asset is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// A value that the device reports.
    State,
    /// A value that the platform wants.
    Command,
    /// The platform's echo of every state, however it arrived.
    Feed,
    /// Something that happened.
    Event,
}

impl Stream {
    /// The topic's last level.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Command => "command",
            Self::Feed => "feed",
            Self::Event => "event",
        }
    }

    fn parse(level: &str) -> Option<Self> {
        [Self::State, Self::Command, Self::Feed, Self::Event].into_iter().find(|s| s.as_str() == level)
    }
}

/// What a message of a whole device is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceStream {
    /// States of several assets in one message.
    State,
    /// Values for several assets in one message.
    Command,
    /// What became of a command.
    Outcome,
    /// Online or offline; retained.
    Presence,
    /// Something that somebody should see to.
    Alert,
    /// Records of a declared format.
    Data,
}

impl DeviceStream {
    const ALL: [Self; 6] =
        [Self::State, Self::Command, Self::Outcome, Self::Presence, Self::Alert, Self::Data];

    /// The topic's last level.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Command => "command",
            Self::Outcome => "outcome",
            Self::Presence => "presence",
            Self::Alert => "alert",
            Self::Data => "data",
        }
    }

    fn parse(level: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == level)
    }
}

/// A topic of the data plane, read from its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic<'a> {
    /// `device/{device}/asset/{asset}/{stream}`
    Asset {
        /// The device's id.
        device: &'a str,
        /// The asset's name.
        asset: &'a str,
        /// The last level.
        stream: Stream,
    },
    /// `device/{device}/{stream}`
    Device {
        /// The device's id.
        device: &'a str,
        /// The last level.
        stream: DeviceStream,
    },
    /// `device/{device}/action/{action}`
    Action {
        /// The device's id.
        device: &'a str,
        /// The action's name.
        action: &'a str,
    },
    /// `asset/{id}/state`
    AssetId {
        /// The id that the platform gave to an asset.
        id: &'a str,
    },
}

impl<'a> Topic<'a> {
    /// Reads a topic; `None` when it is none of ours or a level is no name.
    pub fn parse(text: &'a str) -> Option<Self> {
        let (first, rest) = split(text)?;
        if first == ASSET {
            let (id, stream) = split(rest)?;
            name::check(id).ok()?;
            return (Stream::parse(stream)? == Stream::State).then_some(Self::AssetId { id });
        }
        let (device, rest) = split(rest)?;
        name::check(device).ok().filter(|()| first == DEVICE)?;
        match split(rest) {
            Some((ASSET, rest)) => {
                let (asset, stream) = split(rest)?;
                name::check(asset).ok()?;
                Some(Self::Asset { device, asset, stream: Stream::parse(stream)? })
            }
            Some((ACTION, action)) => {
                name::check(action).ok()?;
                Some(Self::Action { device, action })
            }
            Some(_) => None,
            None => Some(Self::Device { device, stream: DeviceStream::parse(rest)? }),
        }
    }

    /// The device's id, where the topic names it.
    pub fn device(&self) -> Option<&'a str> {
        match *self {
            Self::Asset { device, .. } | Self::Device { device, .. } | Self::Action { device, .. } => {
                Some(device)
            }
            Self::AssetId { .. } => None,
        }
    }
}

impl fmt::Display for Topic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Asset { device, asset, stream } => {
                write!(f, "{DEVICE}/{device}/{ASSET}/{asset}/{}", stream.as_str())
            }
            Self::Device { device, stream } => write!(f, "{DEVICE}/{device}/{}", stream.as_str()),
            Self::Action { device, action } => write!(f, "{DEVICE}/{device}/{ACTION}/{action}"),
            Self::AssetId { id } => write!(f, "{ASSET}/{id}/{}", Stream::State.as_str()),
        }
    }
}

/// How the client ids of our devices begin: `edge-{device}`. With it a broker that knows which device a
/// token is for can keep others from taking its place.
pub const CLIENT_ID_PREFIX: &str = "edge-";

/// The client id of a device.
pub fn client_id(device: &DeviceId) -> String {
    format!("{CLIENT_ID_PREFIX}{device}")
}

/// The topic of one asset.
pub fn asset(device: &DeviceId, asset: &str, stream: Stream) -> String {
    concat([DEVICE, "/", device.as_str(), "/", ASSET, "/", asset, "/", stream.as_str()])
}

/// The topic of a whole device.
pub fn device(device: &DeviceId, stream: DeviceStream) -> String {
    concat([DEVICE, "/", device.as_str(), "/", stream.as_str()])
}

/// The topic on which a device is told to do something.
pub fn action(device: &DeviceId, action: &str) -> String {
    concat([DEVICE, "/", device.as_str(), "/", ACTION, "/", action])
}

/// The filter for all actions of a device.
pub fn all_actions(id: &DeviceId) -> String {
    action(id, "+")
}

/// The first level, and what is behind it. Levels are short: the search for a `char` has more to prepare than to find.
fn split(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == b'/')?;
    Some((&text[..end], &text[end + 1..]))
}

/// With one allocation, and no formatting: there is a topic for every state.
fn concat<const N: usize>(parts: [&str; N]) -> String {
    let mut text = String::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| text.push_str(part));
    text
}

/// The filter for one stream of all assets of a device.
pub fn all_assets(id: &DeviceId, stream: Stream) -> String {
    asset(id, "+", stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let id = DeviceId::new("GH-1").unwrap();
        let text = asset(&id, "air-quality", Stream::State);
        assert_eq!(text, "device/GH-1/asset/air-quality/state");
        let read = Topic::Asset { device: "GH-1", asset: "air-quality", stream: Stream::State };
        assert_eq!(Topic::parse(&text), Some(read));
        let text = device(&id, DeviceStream::Presence);
        assert_eq!(
            Topic::parse(&text),
            Some(Topic::Device { device: "GH-1", stream: DeviceStream::Presence })
        );
    }

    #[test]
    fn alerts_data_and_actions_have_topics_of_the_device() {
        let id = DeviceId::new("GH-1").unwrap();
        for (stream, text) in
            [(DeviceStream::Alert, "device/GH-1/alert"), (DeviceStream::Data, "device/GH-1/data")]
        {
            assert_eq!(device(&id, stream), text);
            assert_eq!(Topic::parse(text), Some(Topic::Device { device: "GH-1", stream }));
        }
        let text = action(&id, "reboot");
        let read = Topic::Action { device: "GH-1", action: "reboot" };
        assert_eq!((Topic::parse(&text), read.device()), (Some(read), Some("GH-1")));
        assert_eq!(read.to_string(), text);
        assert_eq!(all_actions(&id), "device/GH-1/action/+");
    }

    #[test]
    fn an_asset_may_be_named_by_its_id() {
        let text = "asset/rMHJDGjI4NGMa1cPAducjlc4/state";
        let read = Topic::AssetId { id: "rMHJDGjI4NGMa1cPAducjlc4" };
        assert_eq!((Topic::parse(text), read.to_string().as_str()), (Some(read), text));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "device",
            "device/",
            "device/a",
            "device/a/asset",
            "device/a/asset/b",
            "device/a/asset//state",
            "device/a/asset/b/state/x",
            "device/+/state",
            "device/a/#",
            "Device/a/state",
            "/device/a/state",
            "device/a/nothing",
            "device/a/asset/b c/state",
            "devices/a/state",
            "device/a/action",
            "device/a/action/",
            "device/a/action/+",
            "device/a/action/b/state",
            "device/a/alert/x",
            "device/a/other/x",
            "device/a/asset/b/state/",
            "asset/a",
            "asset/a/command",
            "asset/a/state/x",
            "asset/+/state",
            "asset//state",
            "/a/state",
        ] {
            assert_eq!(Topic::parse(text), None, "{text:?}");
        }
    }
}
