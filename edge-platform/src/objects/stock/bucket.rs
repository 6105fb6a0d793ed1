//! The client for a bucket, set up by the variables that all programs for S3 know.

use std::sync::Arc;

use object_store::ObjectStore;

use crate::error::BoxError;

#[cfg(not(feature = "s3"))]
pub(super) fn open(_: &str) -> Result<Arc<dyn ObjectStore>, BoxError> {
    Err("this platform was built without the feature `s3`".into())
}

#[cfg(feature = "s3")]
pub(super) fn open(bucket: &str) -> Result<Arc<dyn ObjectStore>, BoxError> {
    use object_store::RetryConfig;
    use object_store::aws::AmazonS3Builder;

    /// How long a request is made again while the bucket is away: a device asks again by itself.
    const RETRY: std::time::Duration = std::time::Duration::from_secs(15);

    // The client for buckets wants one for the process; whoever has installed one keeps it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let endpoint = std::env::var("AWS_ENDPOINT").or_else(|_| std::env::var("AWS_ENDPOINT_URL")).ok();
    let is_clear = endpoint.map_or(Ok(false), |url| clear_text(&url))?;
    let retry = RetryConfig { retry_timeout: RETRY, ..RetryConfig::default() };
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    Ok(Arc::new(builder.with_allow_http(is_clear).build()?))
}

/// Whether the address is spoken to in clear: only this machine is.
#[cfg(any(feature = "s3", test))]
fn clear_text(url: &str) -> Result<bool, BoxError> {
    let parsed: axum::http::Uri = url.parse().map_err(|_| "`AWS_ENDPOINT` is no URL")?;
    match (parsed.scheme_str(), parsed.host()) {
        (Some("https"), Some(_)) => Ok(false),
        (Some("http"), Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(true),
        (Some("http"), Some(_)) => {
            Err("`AWS_ENDPOINT` of another machine must be `https://`: keys and contents do not go there in clear".into())
        }
        _ => Err("`AWS_ENDPOINT` is no `https://` URL".into()),
    }
}

/// Whether the server's answer was that there is no such bucket: by S3's own word for it, which is all that is left of the answer.
pub(super) fn is_missing(error: &object_store::Error) -> bool {
    error.to_string().contains("<Code>NoSuchBucket</Code>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_clear() {
        for (url, expected) in [
            ("http://127.0.0.1:9000", Some(true)),
            ("http://localhost:9000/", Some(true)),
            ("http://[::1]:9000", Some(true)),
            ("https://s3.example.com", Some(false)),
            ("https://127.0.0.1:9000", Some(false)),
            ("http://s3.example.com", None),
            ("http://127.0.0.1.example.com:9000", None),
            ("http://localhost.example.com", None),
            ("http://127.0.0.1@example.com", None),
            ("s3.example.com", None),
            ("ftp://localhost", None),
            ("", None),
        ] {
            assert_eq!(clear_text(url).ok(), expected, "{url}");
        }
    }
}
