//! Why a command has no outcome.

use std::time::Duration;

use edge_proto::Kind;
use edge_proto::document::ArgumentError;
use edge_proto::name::NameError;
use edge_proto::payload::{self, PresenceStatus};

use crate::store::StoreError;

/// Why a command has no outcome. What the device itself says (rejected, failed, too late) is an
/// outcome, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such device.
    #[error("no device `{device}`")]
    UnknownDevice {
        /// The serial number.
        device: String,
    },
    /// The device has no such asset.
    #[error("the device `{device}` has no asset `{asset}`")]
    UnknownAsset {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
    },
    /// Only actuators and configs take commands.
    #[error("`{asset}` of `{device}` is a {kind}, and takes no commands")]
    NotCommandable {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
        /// What it is.
        kind: Kind,
    },
    /// A command to several assets names one by its name and by its alias.
    #[error("`{asset}` of `{device}` is commanded twice, by its name and its alias")]
    Twice {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
    },
    /// The device's model says that it has no such action.
    #[error("the device `{device}` has no action `{action}`")]
    UnknownAction {
        /// The serial number.
        device: String,
        /// The name.
        action: String,
    },
    /// An argument's name is none.
    #[error("the action `{action}` of `{device}`: `{argument}` is no name: {error}")]
    ArgumentName {
        /// The serial number.
        device: String,
        /// The name of the action.
        action: String,
        /// What should be a name, but not all of it when it is long.
        argument: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The arguments are not those that the device's model declares for the action.
    #[error("the action `{action}` of `{device}`: {refusal}")]
    Arguments {
        /// The serial number.
        device: String,
        /// The name.
        action: String,
        /// What is wrong with them.
        refusal: Box<ArgumentError>,
    },
    /// The device has never been connected as one that knows actions: it has no session.
    #[error("the device `{device}` knows no actions: it has no session")]
    NoActions {
        /// The serial number.
        device: String,
    },
    /// The value is more than a message may carry.
    #[error("the command has {bytes} bytes, the limit is {}", payload::MAX_BYTES)]
    TooLarge {
        /// How many it would have.
        bytes: usize,
    },
    /// The value cannot be written as JSON.
    #[error("the value is no JSON")]
    Value {
        /// Why.
        source: serde_json::Error,
    },
    /// The value does not fit the asset. Devices with a session judge themselves.
    #[error("`{asset}` of `{device}`: {refusal}")]
    Refused {
        /// The serial number.
        device: String,
        /// The name.
        asset: String,
        /// What is wrong with the value, and the limits.
        refusal: edge_proto::Refusal,
    },
    /// The device did not answer in time. It may still do it, unless it sees that the command expired.
    #[error("no answer within {timeout:?}: the device `{device}` {}", whether(*presence))]
    NoAnswer {
        /// The serial number.
        device: String,
        /// The command's id.
        id: String,
        /// How long was waited.
        timeout: Duration,
        /// Whether the device was there at the end, as far as we know; `None` for devices that do not say.
        presence: Option<PresenceStatus>,
    },
    /// The broker could not be reached in time, or too much waits for it. Nothing was sent.
    #[error("the broker cannot be reached")]
    BrokerUnavailable,
    /// The platform is closing.
    #[error("the platform is closing")]
    Closed,
    /// The store could not say what the device is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn whether(presence: Option<PresenceStatus>) -> String {
    presence
        .map_or_else(|| "does not say whether it is there".to_owned(), |presence| format!("is {presence}"))
}
