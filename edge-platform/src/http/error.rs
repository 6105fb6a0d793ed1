//! What callers of the HTTP API are told when it went wrong: `{"status":int,"error":text}`.

use axum::Json;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use edge_proto::payload::PayloadError;

use crate::command::CommandError;
use crate::store::StoreError;

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
    #[error("the body is too large or broke off")]
    Body(#[source] BytesRejection),
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

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::Body(rejection) => rejection.status(),
            Self::Command(error) => command_status(error),
            Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

fn command_status(error: &CommandError) -> StatusCode {
    match error {
        CommandError::UnknownDevice { .. } | CommandError::UnknownAsset { .. } => StatusCode::NOT_FOUND,
        CommandError::NotCommandable { .. } => StatusCode::CONFLICT,
        CommandError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        CommandError::Value { .. } => StatusCode::BAD_REQUEST,
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
        let status = self.status();
        let body = serde_json::json!({ "status": status.as_u16(), "error": self.to_string() });
        (status, Json(body)).into_response()
    }
}
