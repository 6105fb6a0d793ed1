//! Bearer tokens of HTTP requests.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::authority::{self, Permission};
use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::Scope;
use crate::token::{Access, bearer};

/// The caller, with a token that is known.
#[derive(Clone, Debug)]
pub(super) struct Caller(Access);

impl Caller {
    /// Refuses callers whose token is not for this device.
    pub(super) async fn authorize(&self, platform: &Platform, device: &str) -> Result<(), ApiError> {
        match platform.authority.permission(&self.0, device).await? {
            Permission::Granted => Ok(()),
            Permission::Denied => Err(ApiError::Forbidden),
            Permission::Unseen => Err(CommandError::UnknownDevice { device: device.to_owned() }.into()),
        }
    }

    /// The devices that the caller sees.
    pub(super) fn scope(&self) -> Scope<'_> {
        authority::scope(&self.0)
    }
}

impl FromRequestParts<Arc<Platform>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, platform: &Arc<Platform>) -> Result<Self, ApiError> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        platform.authority.access(header.and_then(bearer)).map(Self).ok_or(ApiError::Forbidden)
    }
}
