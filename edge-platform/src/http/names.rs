//! The names in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use edge_proto::name;

use super::error::ApiError;

/// The path's parameters, decoded, and each of them a name: no slash, wildcard or NUL gets further.
#[derive(Debug)]
pub(super) struct Names<const N: usize>(pub(super) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Names<N> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let path = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        let Path(parameters) = path.map_err(|error| ApiError::BadRequest(format!("the path: {error}")))?;
        let names = parameters.into_iter().map(|(_, text)| match name::check(&text) {
            Ok(()) => Ok(text),
            Err(error) => Err(ApiError::BadRequest(format!("the path: {error}"))),
        });
        let names: Vec<_> = names.collect::<Result<_, _>>()?;
        names.try_into().map(Self).map_err(|_| ApiError::NotFound("no such path".into()))
    }
}
