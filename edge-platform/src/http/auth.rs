//! Bearer tokens of HTTP requests.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::platform::Platform;
use crate::token::{Access, bearer};

/// The caller, with a token that is known.
#[derive(Clone, Debug)]
pub(super) struct Caller(Access);

impl Caller {
    /// Refuses callers whose token is another device's.
    pub(super) fn authorize(&self, device: &str) -> Result<(), ApiError> {
        if self.0.allows(device) { Ok(()) } else { Err(ApiError::Forbidden) }
    }

    pub(super) fn may_see(&self, device: &str) -> bool {
        self.0.allows(device)
    }
}

impl FromRequestParts<Arc<Platform>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, platform: &Arc<Platform>) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        platform.tokens.access(header.and_then(bearer)).map(Self).ok_or(ApiError::Forbidden)
    }
}
