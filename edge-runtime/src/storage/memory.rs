//! A storage in memory, for tests of devices.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use edge_proto::object::Sha256;
use jiff::Timestamp;
use tokio::sync::watch;

use super::error::StorageError;
use super::event::Progress;
use super::object::Stored;
use super::plane::{Download, StoragePlane, Upload};
use super::source::Source;
use super::target::Target;
use crate::future::BoxFuture;
use crate::lock::lock;

const ENDPOINT: &str = "memory";

/// Contents by their addresses.
#[derive(Debug, Default)]
pub(crate) struct MemoryStorage {
    contents: Mutex<HashMap<String, Bytes>>,
    /// Whether nothing moves for now. Set by tests, waited for by all transfers.
    is_still: watch::Sender<bool>,
}

impl MemoryStorage {
    /// A content.
    pub(crate) fn content(&self, uri: &str) -> Option<Bytes> {
        lock(&self.contents).get(uri).cloned()
    }

    pub(crate) fn put(&self, uri: String, content: Bytes) {
        lock(&self.contents).insert(uri, content);
    }

    /// Whether transfers stand still from now on.
    pub(crate) fn set_still(&self, is_still: bool) {
        self.is_still.send_replace(is_still);
    }

    async fn moves(&self) {
        // The sender is ours, so it is there.
        let _ = self.is_still.subscribe().wait_for(|is_still| !is_still).await;
    }
}

impl StoragePlane for MemoryStorage {
    fn upload<'a>(&'a self, job: Upload<'a>) -> BoxFuture<'a, Result<Stored, StorageError>> {
        Box::pin(async move {
            let source = Source::open(job.path).await?;
            self.moves().await;
            let content = source.content().await?;
            let (length, sha256) = (content.len() as u64, source.digest().await?);
            self.put(job.place.to_string(), content);
            (job.progress)(Progress::new(length, length));
            let date = Some(Timestamp::now());
            Ok(Stored { place: job.place, length: Some(length), date, sha256: Some(sha256), described: None })
        })
    }

    fn download<'a>(&'a self, job: Download<'a>) -> BoxFuture<'a, Result<Stored, StorageError>> {
        Box::pin(async move {
            self.moves().await;
            let object = job.stored.place.to_string();
            let missing = || StorageError::NotFound {
                endpoint: ENDPOINT.to_owned(),
                object: object.clone(),
                message: "nobody has stored it".to_owned(),
            };
            let content = self.content(&object).ok_or_else(missing)?;
            let (length, sha256) = (content.len() as u64, Sha256::of(&content));
            if job.stored.sha256.is_some_and(|expected| expected != sha256) {
                return Err(StorageError::Replaced { object });
            }
            let mut target = Target::open(job.path, &sha256).await?;
            if target.length() > 0 {
                target.discard().await?;
                target = Target::open(job.path, &sha256).await?;
            }
            target.append(vec![content]).await?.land().await?;
            (job.progress)(Progress::new(length, length));
            Ok(Stored { length: Some(length), sha256: Some(sha256), ..job.stored })
        })
    }
}
