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
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};

    /// How long a request is made again while the bucket is away: a device asks again by itself.
    const RETRY: std::time::Duration = std::time::Duration::from_secs(15);

    // The client for buckets wants one for the process; whoever has installed one keeps it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retry = RetryConfig { retry_timeout: RETRY, ..RetryConfig::default() };
    let builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    // As the builder takes them: the first that there is.
    let endpoints = [
        (AmazonS3ConfigKey::S3Endpoint, "AWS_ENDPOINT_URL_S3"),
        (AmazonS3ConfigKey::Endpoint, "AWS_ENDPOINT"),
    ];
    let used = endpoints.iter().find_map(|(key, name)| Some((builder.get_config_value(key)?, name)));
    let is_clear = used.map_or(Ok(false), |(url, name)| clear_text(name, &url))?;
    Ok(Arc::new(builder.with_allow_http(is_clear).build()?))
}

/// Whether the address is spoken to in clear: only this machine is.
#[cfg(any(feature = "s3", test))]
fn clear_text(name: &str, url: &str) -> Result<bool, BoxError> {
    let parsed: axum::http::Uri = url.parse().map_err(|_| format!("`{name}` is no URL"))?;
    match (parsed.scheme_str(), parsed.host()) {
        (Some("https"), Some(_)) => Ok(false),
        (Some("http"), Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(true),
        (Some("http"), Some(_)) => Err(format!(
            "`{name}` of another machine must be `https://`: keys and contents do not go there in clear"
        )
        .into()),
        _ => Err(format!("`{name}` is no `https://` URL").into()),
    }
}

/// Whether the server's answer was that there is no such bucket: by S3's own word for it, which is all that is left of the answer.
pub(super) fn is_missing(error: &object_store::Error) -> bool {
    error.to_string().contains("<Code>NoSuchBucket</Code>")
}

#[cfg(not(feature = "s3"))]
pub(super) fn may_pass(_: &object_store::Error) -> bool {
    false
}

/// Whether it may be otherwise later: nobody answered, or whoever did is in trouble of its own. What answers with another error
/// will do so again.
#[cfg(feature = "s3")]
pub(super) fn may_pass(error: &object_store::Error) -> bool {
    /// In what words the client tells of a status from 500 on, which are all that is left of the answer.
    const TROUBLE: &str = "status code: 5";

    if error.to_string().contains(TROUBLE) {
        return true;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(now) = cause {
        if now.is::<object_store::client::HttpError>() {
            return true;
        }
        cause = now.source();
    }
    false
}

/// Whether any of the variables is there that say with which keys; otherwise the machine is asked for them.
pub(crate) fn has_keys() -> bool {
    const KEYS: [&str; 6] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_SKIP_SIGNATURE",
    ];
    KEYS.iter().any(|name| std::env::var_os(name).is_some())
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
            assert_eq!(clear_text("AWS_ENDPOINT", url).ok(), expected, "{url}");
        }
    }
}
