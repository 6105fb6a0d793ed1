//! What a call to AllThingsTalk fails with.

/// A call that failed. Never holds the token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Not reached, no answer in time, or one of its own faults (5xx, 429).
    #[error("{endpoint} cannot be reached: {reason}")]
    Unavailable {
        /// Its address.
        endpoint: String,
        /// In short.
        reason: String,
        /// The cause, where there is one.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The token is none, or is not for this device.
    #[error("{endpoint} refuses the token for {path}: {message}")]
    Forbidden {
        /// Its address.
        endpoint: String,
        /// Of what was asked.
        path: String,
        /// Its words.
        message: String,
    },
    /// There is no such device or asset, or its state was never set.
    #[error("{endpoint} has no {path}: {message}")]
    NotFound {
        /// Its address.
        endpoint: String,
        /// Of what was asked.
        path: String,
        /// Its words.
        message: String,
    },
    /// An asset of that name is there already.
    #[error("{endpoint} has {path} already")]
    Exists {
        /// Its address.
        endpoint: String,
        /// Of what was to be created.
        path: String,
    },
    /// It does not take what was sent.
    #[error("{endpoint} refuses {path} ({status}): {message}")]
    Rejected {
        /// Its address.
        endpoint: String,
        /// Of what was asked.
        path: String,
        /// The HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// It answers something that cannot be understood.
    #[error("{endpoint} answers {path} with what cannot be understood")]
    Protocol {
        /// Its address.
        endpoint: String,
        /// Of what was asked.
        path: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl ClientError {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
