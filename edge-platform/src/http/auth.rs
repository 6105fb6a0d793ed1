//! Bearer tokens of HTTP requests.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::ApiError;
use crate::authority::{self, Permission};
use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::{Declared, DeviceRecord, Scope, Shelf, StoreError};
use crate::token::{Access, bearer, is_organization};

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

    /// As [`authorize`](Self::authorize), but also lets those through for whom the device may yet come
    /// into being. Nothing is written.
    pub(super) async fn authorize_first(&self, platform: &Platform, device: &str) -> Result<(), ApiError> {
        match self.authorize(platform, device).await {
            Err(ApiError::Command(CommandError::UnknownDevice { .. })) if platform.auto_create => Ok(()),
            other => other,
        }
    }

    /// As [`authorize`](Self::authorize). Where the platform is told so, a device that is not there comes
    /// into being first: once, however many call at the same time.
    pub(super) async fn admit(&self, platform: &Platform, device: &str) -> Result<(), ApiError> {
        if platform.auto_create
            && let Some(organization_id) = self.creates(device)
            && !platform.store.is_registered(device).await?
        {
            platform.store.register(&Declared::bare(device), organization_id).await?;
        }
        self.authorize(platform, device).await
    }

    /// The organization of the devices that come into being for this caller; `None`: not this device.
    fn creates(&self, device: &str) -> Option<&str> {
        match authority::organization(&self.0, None)? {
            Shelf::Organization(id) => Some(id),
            Shelf::Device(own) => (own == device).then_some(""),
        }
    }

    /// Refuses callers whose token is not for everything.
    pub(super) fn authorize_all(&self) -> Result<(), ApiError> {
        match &self.0 {
            Access::All => Ok(()),
            Access::Device(_) | Access::Organization(_) => Err(ApiError::Forbidden),
        }
    }

    /// The devices of an organization that the caller sees.
    pub(super) async fn devices_of(
        &self,
        platform: &Platform,
        organization_id: &str,
    ) -> Result<Vec<DeviceRecord>, StoreError> {
        let scope = authority::scope_in(&self.0, organization_id);
        let mut devices = platform.store.devices(scope).await?;
        devices.retain(|device| device.organization_id == organization_id);
        Ok(devices)
    }

    /// Whose models the caller means. One that is for everything may name an organization; others have their own.
    pub(super) fn shelf<'a>(&'a self, organization: Option<&'a str>) -> Result<Shelf<'a>, ApiError> {
        let shelf = authority::organization(&self.0, organization).ok_or(ApiError::Forbidden)?;
        match organization {
            Some(named) if !named.is_empty() && !is_organization(named) => {
                Err(ApiError::BadRequest("that is no organization's id".to_owned()))
            }
            _ => Ok(shelf),
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
