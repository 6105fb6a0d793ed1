//! The ready file: tells other processes where the platform listens, and that it does.

use std::io;
use std::path::Path;

/// The addresses as `host:port`.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Ready {
    pub(crate) grpc: String,
    pub(crate) http: String,
    pub(crate) mqtt: String,
}

/// Removes the file of an earlier run, which would be believed.
pub(crate) async fn remove(path: &Path) -> io::Result<()> {
    match tokio::fs::remove_file(path).await {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the file in one step: whoever sees it sees all of it.
pub(crate) async fn write(path: &Path, ready: &Ready) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", std::process::id()));
    let draft = path.with_file_name(name);
    let text = serde_json::to_vec(ready).map_err(io::Error::other)?;
    tokio::fs::write(&draft, text).await?;
    tokio::fs::rename(&draft, path).await
}
