//! What callers of the HTTP API are told when it went wrong: `{"status":int,"error":text}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use edge_proto::payload::PayloadError;

use crate::command::CommandError;
use crate::ingest::Refusal;
use crate::objects::ObjectsError;
use crate::set::SetError;
use crate::store::{EditError, StoreError};

/// Why a request has no better answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("{0}")]
    BadRequest(String),
    #[error("no token, or one that does not open this")]
    Forbidden,
    #[error("{0}")]
    NotFound(String),
    #[error("the path does not take this method")]
    Method,
    #[error("the request took too long")]
    Timeout,
    #[error("the body has more than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("a body is taken as it is: there is no `Content-Encoding`")]
    Encoded,
    #[error("the body broke off")]
    BrokenOff,
    #[error("{0}")]
    Conflict(String),
    #[error("the object is another one by now")]
    Replaced,
    #[error("the object has {length} bytes")]
    Range { length: u64 },
    #[error(transparent)]
    Object(#[from] ObjectsError),
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("the store cannot be reached, try again")]
    Store(#[from] StoreError),
}

impl From<PayloadError> for ApiError {
    fn from(error: PayloadError) -> Self {
        Self::BadRequest(error.to_string())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self::BadRequest(refusal.to_string())
    }
}

impl From<SetError> for ApiError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Refused(_) => Self::BadRequest(error.to_string()),
            SetError::Store(error) => error.into(),
        }
    }
}

impl From<EditError> for ApiError {
    fn from(error: EditError) -> Self {
        let text = error.to_string();
        match error {
            EditError::NotFound => Self::NotFound(text),
            EditError::Conflict { .. } | EditError::Taken { .. } => Self::Conflict(text),
            EditError::Store(error) => error.into(),
            // AllThingsTalk's answer to an asset that is there already.
            EditError::AssetTaken { .. }
            | EditError::Parent { .. }
            | EditError::Cycle { .. }
            | EditError::TooDeep
            | EditError::TooMany { .. }
            | EditError::Organization { .. }
            | EditError::Invalid(_) => Self::BadRequest(text),
        }
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::BrokenOff => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Encoded => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Replaced => StatusCode::PRECONDITION_FAILED,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Object(error) => object_status(error),
            Self::Command(error) => command_status(error),
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn object_status(error: &ObjectsError) -> StatusCode {
    match error {
        ObjectsError::Unknown { .. } => StatusCode::NOT_FOUND,
        ObjectsError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        ObjectsError::Offset { .. } | ObjectsError::Incomplete { .. } | ObjectsError::TakenOver => {
            StatusCode::CONFLICT
        }
        ObjectsError::Digest { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ObjectsError::BrokenOff => StatusCode::BAD_REQUEST,
        ObjectsError::Stalled => StatusCode::REQUEST_TIMEOUT,
        ObjectsError::TooMany { .. } | ObjectsError::Full(_) => StatusCode::INSUFFICIENT_STORAGE,
        ObjectsError::Denied(_)
        | ObjectsError::NoBucket
        | ObjectsError::Answer(_)
        | ObjectsError::Away(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn command_status(error: &CommandError) -> StatusCode {
    match error {
        CommandError::UnknownDevice { .. }
        | CommandError::UnknownAsset { .. }
        | CommandError::UnknownAction { .. } => StatusCode::NOT_FOUND,
        CommandError::NotCommandable { .. } | CommandError::NoActions { .. } => StatusCode::CONFLICT,
        CommandError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        CommandError::Value { .. }
        | CommandError::Refused { .. }
        | CommandError::Twice { .. }
        | CommandError::ArgumentName { .. }
        | CommandError::Arguments { .. } => StatusCode::BAD_REQUEST,
        CommandError::NoAnswer { .. } => StatusCode::GATEWAY_TIMEOUT,
        CommandError::BrokerUnavailable | CommandError::Closed | CommandError::Store(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Store(error) | Self::Command(CommandError::Store(error)) = &self {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(%error, ?cause, "the store failed");
        }
        if let Self::Object(
            error @ (ObjectsError::Away(_) | ObjectsError::Denied(_) | ObjectsError::Full(_)),
        ) = &self
        {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(%error, ?cause, "the objects failed");
        }
        let status = self.status();
        let body = serde_json::json!({ "status": status.as_u16(), "error": self.to_string() });
        (status, Json(body)).into_response()
    }
}
