//! Why commands are not applied.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use edge_proto::Refusal;
use edge_proto::payload::{PayloadError, Status};

use crate::cause::chain;

/// What a handler's method fails with. Any error becomes one with `?`, and rejects the command.
pub struct HandlerError {
    status: Status,
    source: Box<dyn Error + Send + Sync>,
}

impl HandlerError {
    /// The command is refused: nothing was done. What `?` makes of an error.
    pub fn rejected(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { status: Status::Rejected, source: reason.into() }
    }

    /// The command was tried and failed: the hardware may be anywhere.
    pub fn failed(reason: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { status: Status::Failed, source: reason.into() }
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlerError {
    fn from(error: E) -> Self {
        Self::rejected(error)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.status, self.source)
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&chain(self.source.as_ref()))
    }
}

/// Why a command was not applied; its text is the outcome's reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The payload was not understood.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The device has no such asset.
    #[error("the device has no asset `{asset}`")]
    UnknownAsset {
        /// As the command calls it.
        asset: String,
    },
    /// A sensor or a virtual asset.
    #[error("`{asset}` is a {kind}: it reports, and cannot be commanded")]
    NotCommandable {
        /// The asset.
        asset: String,
        /// Its kind.
        kind: edge_proto::Kind,
    },
    /// The value does not fit the asset.
    #[error("`{asset}`: {refusal}")]
    Value {
        /// The asset.
        asset: String,
        /// What is wrong with the value, and the limits.
        refusal: Refusal,
    },
    /// The device has no such action.
    #[error("the device has no action `{action}`")]
    UnknownAction {
        /// As the command calls it.
        action: String,
    },
    /// An action without an argument that it needs.
    #[error("`{action}`: the argument `{argument}` is missing")]
    MissingArgument {
        /// The action.
        action: String,
        /// The argument.
        argument: &'static str,
    },
    /// An action with an argument that it does not have.
    #[error("`{action}` has no argument `{argument}`")]
    UnknownArgument {
        /// The action.
        action: String,
        /// As the command calls it.
        argument: String,
    },
    /// An argument is no value of its type, or beyond its limits.
    #[error("`{action}`, argument `{argument}`: {refusal}")]
    Argument {
        /// The action.
        action: String,
        /// The argument.
        argument: &'static str,
        /// What is wrong with the value, and the limits.
        refusal: Refusal,
    },
    /// It came too late.
    #[error("the command expired at {at}")]
    Expired {
        /// When.
        at: jiff::Timestamp,
    },
    /// The broker had kept it from before.
    #[error("the command was retained: commands are not repeated")]
    Retained,
    /// More commands than the device can take wait for its handler.
    #[error("the device is busy: {waiting} commands are waiting")]
    Busy {
        /// How many.
        waiting: usize,
    },
    /// Far too much of what the device has said waits for the broker: what a command leads to would wait there as well.
    #[error("the device is busy: the broker has not acknowledged {unacknowledged} messages")]
    Swamped {
        /// How many.
        unacknowledged: usize,
    },
    /// The device is being closed.
    #[error("the device is closing")]
    Closing,
    /// The handler's method returned an error.
    #[error("`{method}`: {error}")]
    Handler {
        /// The asset's name, or the action's.
        method: String,
        /// What it returned.
        error: HandlerError,
    },
    /// The handler's `on_change` refused what the methods of the assets had agreed to.
    #[error("{error}")]
    Vetoed {
        /// What it returned.
        error: HandlerError,
    },
    /// The handler's method panicked. Its text goes to the log, not to the platform.
    #[error("`{method}`: the handler panicked")]
    Panicked {
        /// The asset's name, the action's, or `on_change`.
        method: String,
    },
    /// The handler's method took too long and was dropped.
    #[error("`{method}`: the handler did not finish within {after:?}")]
    TimedOut {
        /// The asset's name, the action's, or `on_change`.
        method: String,
        /// How long it was given.
        after: Duration,
    },
    /// What the handler applied is no valid value: the state stays as it was.
    #[error("`{asset}`: the handler applied what is no valid value: {refusal}")]
    Applied {
        /// The asset.
        asset: String,
        /// What is wrong with it.
        refusal: Refusal,
    },
    /// The file of what the handler applied was not uploaded in time: the state stays as it was.
    #[error("`{asset}`: what the handler applied was not uploaded within {after:?}")]
    NotUploaded {
        /// The first asset with a file.
        asset: String,
        /// How long it was given.
        after: Duration,
    },
    /// Applied, but the device's state cannot be published with it.
    #[error(transparent)]
    State(#[from] crate::core::SetError),
}

impl CommandError {
    /// In figures: one of the words of [`REFUSED`](crate::metrics::REFUSED).
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Payload(_) => "payload",
            Self::UnknownAsset { .. } => "unknown_asset",
            Self::NotCommandable { .. } => "not_commandable",
            Self::Value { .. } => "value",
            Self::UnknownAction { .. } => "unknown_action",
            Self::MissingArgument { .. } | Self::UnknownArgument { .. } | Self::Argument { .. } => "argument",
            Self::Expired { .. } => "expired",
            Self::Retained => "retained",
            Self::Busy { .. } | Self::Swamped { .. } => "busy",
            Self::Closing => "closing",
            Self::Handler { .. } => "handler",
            Self::Vetoed { .. } => "veto",
            Self::Panicked { .. } => "panic",
            Self::TimedOut { .. } | Self::NotUploaded { .. } => "timeout",
            Self::Applied { .. } => "applied",
            Self::State(_) => "state",
        }
    }

    /// The outcome's status.
    pub fn status(&self) -> Status {
        match self {
            Self::Handler { error, .. } | Self::Vetoed { error } => error.status,
            Self::Panicked { .. } | Self::Applied { .. } | Self::State(_) => Status::Failed,
            Self::TimedOut { .. } | Self::NotUploaded { .. } => Status::Timeout,
            _ => Status::Rejected,
        }
    }
}
