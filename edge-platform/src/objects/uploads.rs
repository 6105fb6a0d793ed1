//! Uploads that are under way, or wait for their rest. One request at a time works at each of them; one that comes
//! later takes over, because who sent the earlier one has given it up, whether we have heard of it or not.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};

use super::part::Part;

/// For how long the part of an upload is kept that nobody goes on with.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

#[derive(Debug)]
struct Slot {
    /// `None`: not looked at yet. Locked by the request that works at it, and by the disk.
    part: Arc<AsyncMutex<Option<Part>>>,
    /// Counts the requests; each stops when there is a later one.
    turn: watch::Sender<u64>,
}

/// All of them, by the part's path.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<HashMap<PathBuf, Arc<Slot>>>);

/// The right to work at an upload.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) part: OwnedMutexGuard<Option<Part>>,
    slot: Arc<Slot>,
    number: u64,
}

impl Turn {
    /// Waits until another request takes over.
    pub(super) async fn is_over(&self) {
        let mut turn = self.slot.turn.subscribe();
        // The sender is in the slot.
        let _ = turn.wait_for(|turn| *turn != self.number).await;
    }
}

impl Uploads {
    /// Takes an upload over.
    pub(super) async fn take(&self, path: PathBuf) -> io::Result<Turn> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Slot { part: Arc::default(), turn: watch::Sender::new(0) });
            Arc::clone(slots.entry(path.clone()).or_insert_with(new))
        };
        let mut number = 0;
        slot.turn.send_modify(|turn| {
            *turn += 1;
            number = *turn;
        });
        let mut part = Arc::clone(&slot.part).lock_owned().await;
        if part.is_none() {
            let opened = tokio::task::spawn_blocking(move || {
                let opened = Part::open(&path)?;
                *part = Some(opened);
                Ok::<_, io::Error>(part)
            });
            part = opened.await.map_err(io::Error::other)??;
        }
        Ok(Turn { part, slot, number })
    }

    /// Forgets an upload that is done or thrown away.
    pub(super) fn forget(&self, path: &Path) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(path);
    }

    /// Throws away what nobody has gone on with for long.
    pub(super) fn sweep(&self, folder: &Path, now: SystemTime) {
        let is_old = |path: &Path| {
            let changed = std::fs::metadata(path).and_then(|data| data.modified());
            changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|age| age > KEPT))
        };
        for file in files(folder).into_iter().filter(|file| is_old(file)) {
            tracing::info!(file = %file.display(), "an upload that nobody went on with was thrown away");
            self.forget(&file);
            let _ = std::fs::remove_file(&file);
        }
    }
}

/// The files in the folders of a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = |path: &Path| {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    entries(folder).iter().flat_map(|device| entries(device)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_later_request_takes_over() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::default();
        let first = uploads.take(folder.path().join("part")).await.unwrap();
        let second = uploads.take(folder.path().join("part"));
        tokio::pin!(second);
        tokio::select! {
            biased;
            _ = &mut second => panic!("the first one has it"),
            () = first.is_over() => {}
        }
        drop(first);
        second.await.unwrap();
    }

    #[test]
    fn old_parts_are_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("GH-1").join("part");
        std::fs::create_dir(folder.path().join("GH-1")).unwrap();
        std::fs::write(&file, b"x").unwrap();
        let uploads = Uploads::default();
        uploads.sweep(folder.path(), SystemTime::from(jiff::Timestamp::now()));
        assert!(file.exists());
        uploads
            .sweep(folder.path(), SystemTime::from(jiff::Timestamp::now()) + KEPT + Duration::from_secs(60));
        assert!(!file.exists());
    }
}
