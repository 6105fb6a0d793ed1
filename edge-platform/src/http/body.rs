//! Bodies: bounded in size and in time.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_ENCODING;
use edge_proto::payload::MAX_BYTES;
use tokio_stream::StreamExt as _;

use super::error::ApiError;

/// The body of a request: no more than so many bytes.
#[derive(Debug)]
pub(super) struct Payload<const LIMIT: usize = MAX_BYTES>(pub(super) Bytes);

/// A `Content-Encoding` that is none.
const IDENTITY: &[u8] = b"identity";

/// How long a body may take.
const TIME: Duration = Duration::from_secs(30);

/// How much of a body that is too large is read and thrown away, so that its sender, who reads only when it
/// has sent everything, gets to read why it is refused.
const THROWN_AWAY: usize = 128 * 1024 * 1024;

impl<S: Send + Sync, const LIMIT: usize> FromRequest<S> for Payload<LIMIT> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let mut encodings = request.headers().get_all(CONTENT_ENCODING).iter();
        let is_encoded = encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(IDENTITY));
        let body = read_within(TIME, LIMIT, request.into_body()).await;
        // Only now: its sender reads why when it has sent everything.
        if is_encoded { Err(ApiError::Encoded) } else { body.map(Self) }
    }
}

async fn read_within(time: Duration, limit: usize, body: Body) -> Result<Bytes, ApiError> {
    tokio::time::timeout(time, read(limit, body)).await.map_err(|_| ApiError::Timeout)?
}

async fn read(limit: usize, body: Body) -> Result<Bytes, ApiError> {
    let mut chunks = body.into_data_stream();
    let mut read = Vec::new();
    let mut bytes = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| ApiError::BrokenOff)?;
        bytes += chunk.len();
        if bytes <= limit {
            read.extend_from_slice(&chunk);
        } else {
            read = Vec::new();
            if bytes > THROWN_AWAY {
                break;
            }
        }
    }
    if bytes > limit { Err(ApiError::TooLarge { limit }) } else { Ok(read.into()) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[tokio::test]
    async fn a_body_that_goes_on_and_on_ends_in_time() {
        let byte_by_byte = tokio_stream::iter([1_u8, 2]).chain(tokio_stream::pending());
        let body = Body::from_stream(byte_by_byte.map(|byte| Ok::<_, Infallible>(vec![byte])));
        let read = read_within(Duration::from_millis(20), MAX_BYTES, body).await;
        assert!(matches!(read, Err(ApiError::Timeout)), "{read:?}");
    }

    #[tokio::test]
    async fn what_is_encoded_is_refused_when_all_of_it_was_read() {
        let mut pieces = 0;
        let (sender, receiver) = tokio::sync::mpsc::channel::<()>(1);
        let body = tokio_stream::iter(0..4).map(move |_| {
            pieces += 1;
            let _last = (pieces == 4).then(|| sender.try_send(()));
            Ok::<_, Infallible>(vec![b'x'; 1024])
        });
        let request = Request::builder().header(CONTENT_ENCODING, "gzip").body(Body::from_stream(body));
        let read = <Payload>::from_request(request.unwrap(), &()).await;
        assert!(matches!(read, Err(ApiError::Encoded)), "{read:?}");
        assert_eq!(receiver.len(), 1);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_what_is_too_large() {
        let endless = tokio_stream::iter(std::iter::repeat(vec![b'x'; 1024 * 1024]));
        let read = read(MAX_BYTES, Body::from_stream(endless.map(Ok::<_, Infallible>))).await;
        assert!(matches!(read, Err(ApiError::TooLarge { limit: MAX_BYTES })), "{read:?}");
        let exact = read_within(TIME, MAX_BYTES, Body::from(vec![b'x'; MAX_BYTES])).await.unwrap();
        assert_eq!(exact.len(), MAX_BYTES);
    }
}
