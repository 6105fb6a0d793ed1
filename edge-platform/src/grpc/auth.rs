//! Bearer tokens of gRPC calls.

use edge_proto::connector::AUTHORIZATION;
use tonic::service::Interceptor;
use tonic::{Request, Status};

use crate::token::{Access, Tokens, bearer};

/// Puts the caller's [`Access`] into the request, or refuses it.
#[derive(Clone, Debug)]
pub(super) struct Authenticate(Tokens);

impl Authenticate {
    pub(super) fn new(tokens: Tokens) -> Self {
        Self(tokens)
    }
}

impl Interceptor for Authenticate {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let header = request.metadata().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let access = self.0.access(header.and_then(bearer));
        let access = access.ok_or_else(|| Status::unauthenticated("no bearer token, or an unknown one"))?;
        request.extensions_mut().insert(access);
        Ok(request)
    }
}

/// Refuses callers whose token is another device's.
pub(super) fn authorize<T>(request: &Request<T>, sn: &str) -> Result<(), Status> {
    match request.extensions().get::<Access>() {
        Some(access) if access.allows(sn) => Ok(()),
        _ => Err(Status::permission_denied("the token is for another device")),
    }
}
