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
        match &self.0 {
            Access::All => Some(""),
            Access::Organization(id) => Some(id),
            Access::Device(own) => (own.as_str() == device).then_some(""),
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
        let scope = match self.scope() {
            Scope::All => Scope::Organization(organization_id),
            narrower => narrower,
        };
        let mut devices = platform.store.devices(scope).await?;
        devices.retain(|device| device.organization_id == organization_id);
        Ok(devices)
    }

    /// Whose models the caller means. One that is for everything may name an organization; others have their own.
    pub(super) fn shelf<'a>(&'a self, organization: Option<&'a str>) -> Result<Shelf<'a>, ApiError> {
        match (&self.0, organization) {
            (Access::All, None) => Ok(Shelf::Organization("")),
            (Access::All, Some(wanted)) if wanted.is_empty() || is_organization(wanted) => {
                Ok(Shelf::Organization(wanted))
            }
            (Access::All, Some(_)) => Err(ApiError::BadRequest("that is no organization's id".to_owned())),
            (Access::Organization(own), None) => Ok(Shelf::Organization(own)),
            (Access::Organization(own), Some(wanted)) if wanted == own => Ok(Shelf::Organization(own)),
            (Access::Device(sn), None) => Ok(Shelf::Device(sn.as_str())),
            (Access::Organization(_) | Access::Device(_), Some(_)) => Err(ApiError::Forbidden),
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
