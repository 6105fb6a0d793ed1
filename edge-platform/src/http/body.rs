//! Bodies: bounded in size and in time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_ENCODING;
use edge_proto::payload::MAX_BYTES;
use tokio_stream::StreamExt as _;

use super::error::ApiError;

/// The body of a request.
#[derive(Debug)]
pub(super) struct Payload(pub(super) Bytes);

/// A `Content-Encoding` that is none.
const IDENTITY: &[u8] = b"identity";

/// How long a body may take.
const TIME: Duration = Duration::from_secs(30);

/// How much of a body that is too large is read and thrown away, so that its sender, who reads only when it
/// has sent everything, gets to read why it is refused.
const THROWN_AWAY: usize = 128 * 1024 * 1024;

impl<S: Send + Sync> FromRequest<S> for Payload {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let encodings = request.headers().get_all(CONTENT_ENCODING);
        if encodings.iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(IDENTITY)) {
            return Err(ApiError::Encoded);
        }
        read_within(TIME, request.into_body()).await
    }
}

async fn read_within(time: Duration, body: Body) -> Result<Payload, ApiError> {
    tokio::time::timeout(time, read(body)).await.map_err(|_| ApiError::Timeout)?
}

async fn read(body: Body) -> Result<Payload, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::BrokenOff)?;
        bytes += chunk.len();
        if bytes <= MAX_BYTES {
            read.extend_from_slice(&chunk);
        } else {
            read = Vec::new();
            if bytes > THROWN_AWAY {
                break;
            }
        }
    }
    if bytes > MAX_BYTES { Err(ApiError::TooLarge) } else { Ok(Payload(read.into())) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn a_body_that_goes_on_and_on_ends_in_time() {
        let byte_by_byte = tokio_stream::iter([1_u8, 2]).chain(tokio_stream::pending());
        let body = Body::from_stream(byte_by_byte.map(|byte| Ok::<_, Infallible>(vec![byte])));
        let read = read_within(Duration::from_millis(20), body).await;
        assert!(matches!(read, Err(ApiError::Timeout)), "{read:?}");
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_is_too_large() {
        let endless = tokio_stream::iter(std::iter::repeat(vec![b'x'; 1024 * 1024]));
        let read = read(Body::from_stream(endless.map(Ok::<_, Infallible>))).await;
        assert!(matches!(read, Err(ApiError::TooLarge)), "{read:?}");
        let exact = read_within(TIME, Body::from(vec![b'x'; MAX_BYTES])).await.unwrap();
        assert_eq!(exact.0.len(), MAX_BYTES);
    }
}
