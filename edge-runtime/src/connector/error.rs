//! What a call to the Connector fails with.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::policy::{self, Again};

/// A gRPC status code other than `OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The call was given up; also every call on a closed client.
    Cancelled,
    /// Nobody knows.
    Unknown,
    /// What was asked is malformed; [`ConnectorError::fields`] says where.
    InvalidArgument,
    /// No answer in time.
    DeadlineExceeded,
    /// There is no such asset or sub-asset.
    NotFound,
    /// The serial number or the name is taken.
    AlreadyExists,
    /// The token does not allow it.
    PermissionDenied,
    /// Too many calls, or too much of something.
    ResourceExhausted,
    /// Not in the state that it takes.
    FailedPrecondition,
    /// Another writer was faster: read again, then decide.
    Aborted,
    /// Beyond what there is, or an answer that is larger than the client takes.
    OutOfRange,
    /// The server does not know the call: it is too old.
    Unimplemented,
    /// The server is broken, or its answer cannot be understood.
    Internal,
    /// Not reached.
    Unavailable,
    /// Data are lost.
    DataLoss,
    /// No token, or a wrong one.
    Unauthenticated,
}

impl Code {
    /// The name in gRPC's own writing, such as `NOT_FOUND`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "CANCELLED",
            Self::Unknown => "UNKNOWN",
            Self::InvalidArgument => "INVALID_ARGUMENT",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::NotFound => "NOT_FOUND",
            Self::AlreadyExists => "ALREADY_EXISTS",
            Self::PermissionDenied => "PERMISSION_DENIED",
            Self::ResourceExhausted => "RESOURCE_EXHAUSTED",
            Self::FailedPrecondition => "FAILED_PRECONDITION",
            Self::Aborted => "ABORTED",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::Unimplemented => "UNIMPLEMENTED",
            Self::Internal => "INTERNAL",
            Self::Unavailable => "UNAVAILABLE",
            Self::DataLoss => "DATA_LOSS",
            Self::Unauthenticated => "UNAUTHENTICATED",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldViolation {
    /// Its path, such as `asset.sub_assets[2].data_point.name`.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

/// A call that failed. Never holds the token.
#[derive(Clone, Debug)]
pub struct ConnectorError(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    method: &'static str,
    endpoint: Arc<str>,
    failure: Failure,
}

/// What went wrong, without where.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) code: Code,
    pub(super) message: String,
    pub(super) fields: Vec<FieldViolation>,
    pub(super) retry_after: Option<Duration>,
    pub(super) origin: Origin,
    pub(super) source: Option<Arc<Cause>>,
}

/// Who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The server, or the way to it. The call may have been done.
    Call,
    /// There was no connection: the call was never sent.
    NeverSent,
    /// The answer cannot be understood. The call was done.
    Protocol,
    /// The client itself, before anything was sent.
    Local,
}

impl Failure {
    pub(super) fn new(origin: Origin, code: Code, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, fields: Vec::new(), retry_after: None, origin, source: None }
    }

    /// An answer that cannot be understood.
    pub(super) fn protocol(error: &(dyn Error + 'static)) -> Self {
        let message = error.to_string();
        let source = Cause::of(error.source(), &message);
        Self { source, ..Self::new(Origin::Protocol, Code::Internal, message) }
    }

    pub(super) fn at(self, method: &'static str, endpoint: &Arc<str>) -> ConnectorError {
        ConnectorError(Box::new(Inner { method, endpoint: Arc::clone(endpoint), failure: self }))
    }

    /// Whether the server may have done what was asked. Those that refuse have not.
    pub(super) fn may_be_done(&self) -> bool {
        self.origin == Origin::Call
            && matches!(
                self.code,
                Code::Cancelled
                    | Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            )
    }

    /// What the policy says of it.
    pub(super) fn again(&self) -> Again {
        match self.origin {
            Origin::Call | Origin::NeverSent => policy::again(self.code),
            Origin::Protocol | Origin::Local => Again::Never,
        }
    }
}

impl ConnectorError {
    /// The status code. That of an answer that cannot be understood is [`Code::Internal`].
    pub fn code(&self) -> Code {
        self.0.failure.code
    }

    /// The client's method, such as `get_asset_by_sn`.
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// The Connector's address, as `http://host:port`.
    pub fn endpoint(&self) -> &str {
        &self.0.endpoint
    }

    /// What the server says, or what happened on the way to it.
    pub fn message(&self) -> &str {
        &self.0.failure.message
    }

    /// What is wrong with the request, field by field, as far as the server says so.
    pub fn fields(&self) -> &[FieldViolation] {
        &self.0.failure.fields
    }

    /// How long the server wants to be left alone, as far as it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.failure.retry_after
    }

    /// Whether the same call may succeed later. (`ABORTED` will not: read again first.)
    pub fn is_retryable(&self) -> bool {
        self.0.failure.again() != Again::Never
    }

    /// Whether the server answered and its answer cannot be understood. A write has been done then.
    pub fn is_protocol(&self) -> bool {
        self.0.failure.origin == Origin::Protocol
    }
}

impl fmt::Display for ConnectorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { method, endpoint, failure } = &*self.0;
        write!(f, "{method} at {endpoint}: {}", failure.code)?;
        match failure.origin {
            Origin::Protocol => f.write_str(": the answer cannot be understood")?,
            _ if failure.code == Code::Unimplemented => {
                f.write_str(": the server is too old for this call")?
            }
            _ => {}
        }
        if !failure.message.is_empty() {
            write!(f, ": {}", failure.message)?;
        }
        Ok(())
    }
}

impl Error for ConnectorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.failure.source.as_deref().map(|cause| cause as _)
    }
}

/// The text of a cause, and its own cause. Not the error itself, which belongs to the transport.
#[derive(Clone, Debug)]
pub(super) struct Cause {
    text: String,
    source: Option<Arc<Cause>>,
}

impl Cause {
    /// Transports say the same thing at several levels; here it is said once.
    pub(super) fn of(error: Option<&(dyn Error + 'static)>, above: &str) -> Option<Arc<Self>> {
        let error = error?;
        let text = error.to_string();
        let source = Self::of(error.source(), &text);
        if text == above { source } else { Some(Arc::new(Self { text, source })) }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: Failure) -> String {
        failure.at("get_asset_by_sn", &Arc::from("http://localhost:8010")).to_string()
    }

    #[test]
    fn says_what_was_asked_where_and_what_came_of_it() {
        let failure = |origin, code, message| Failure::new(origin, code, message);
        assert_eq!(
            text(failure(Origin::Call, Code::NotFound, "no device with sn `X`")),
            "get_asset_by_sn at http://localhost:8010: NOT_FOUND: no device with sn `X`"
        );
        assert_eq!(
            text(failure(Origin::Call, Code::Unimplemented, "")),
            "get_asset_by_sn at http://localhost:8010: UNIMPLEMENTED: the server is too old for this call"
        );
        assert_eq!(
            text(failure(Origin::Protocol, Code::Internal, "buffer underflow")),
            "get_asset_by_sn at http://localhost:8010: INTERNAL: the answer cannot be understood: buffer underflow"
        );
    }
}
