//! Bearer tokens of gRPC calls, and what they open.

use edge_proto::connector::AUTHORIZATION;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use super::status::{denied, failed, invalid, not_found, shown};
use crate::authority::{self, Authority, Permission};
use crate::store::Shelf;
use crate::token::{Access, bearer};

/// Puts the [`Caller`] into the request, or refuses it.
#[derive(Clone, Debug)]
pub(super) struct Authenticate(Authority);

impl Authenticate {
    pub(super) fn new(authority: Authority) -> Self {
        Self(authority)
    }
}

impl Interceptor for Authenticate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let header = request.metadata().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let access = self.0.access(header.and_then(bearer));
        let access = access.ok_or_else(|| Status::unauthenticated("no bearer token, or an unknown one"))?;
        request.extensions_mut().insert(Caller { access, authority: self.0.clone() });
        Ok(request)
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) access: Access,
    authority: Authority,
}

impl Caller {
    /// Who sent the request.
    pub(super) fn of<T>(request: &Request<T>) -> Result<Self, Status> {
        let caller = request.extensions().get::<Self>().cloned();
        caller.ok_or_else(|| Status::unauthenticated("no bearer token"))
    }

    /// Refuses callers that may not touch the device with that serial number.
    pub(super) async fn authorize(&self, sn: &str) -> Result<(), Status> {
        self.authorize_found(sn, "device", "sn", sn).await
    }

    /// The same for what was found by something else, which is all that the caller is told.
    pub(super) async fn authorize_found(
        &self,
        sn: &str,
        what: &str,
        field: &str,
        value: &str,
    ) -> Result<(), Status> {
        match self.permission(sn).await? {
            Permission::Granted => Ok(()),
            Permission::Denied => {
                Err(denied(format!("the token is for another device than `{}`", shown(value))))
            }
            Permission::Unseen => Err(not_found(what, field, value)),
        }
    }

    pub(super) async fn permission(&self, sn: &str) -> Result<Permission, Status> {
        self.authority.permission(&self.access, sn).await.map_err(failed)
    }

    /// Whether a device may become a part of that one: what is the caller's own may.
    pub(super) async fn authorize_parent(&self, field: &str, parent: &str) -> Result<(), Status> {
        match self.permission(parent).await? {
            Permission::Granted => Ok(()),
            Permission::Denied => {
                Err(denied(format!("{field}: the token is for another device than `{}`", shown(parent))))
            }
            Permission::Unseen => {
                Err(invalid(field, format!("the parent `{}` is not registered", shown(parent))))
            }
        }
    }

    /// The organization of what the caller writes, which is of `now` already: one that is bound to an organization, or to a
    /// device, writes to no other. `None`: it stays as it is.
    pub(super) fn organization(
        &self,
        field: &str,
        wanted: &str,
        now: &str,
    ) -> Result<Option<String>, Status> {
        match authority::organization(&self.access, Some(wanted).filter(|wanted| !wanted.is_empty())) {
            Some(Shelf::Organization(id)) => Ok(Some(id.to_owned())),
            Some(Shelf::Device(_)) => Ok(None),
            None if wanted == now => Ok(None),
            None => Err(denied(format!(
                "{field}: the token is for another organization than `{}`",
                shown(wanted)
            ))),
        }
    }
}
