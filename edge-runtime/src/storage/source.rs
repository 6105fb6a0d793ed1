//! A file that is uploaded: read in pieces from any byte on, with the digest of all that was read.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use edge_proto::object::{Hasher, Sha256};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;

use super::error::{StorageError, blocking};

use crate::lock::lock;

/// What is read and sent at once.
const PIECE: usize = 512 * 1024;

/// See the module. Clones are the same file.
#[derive(Clone, Debug)]
pub(super) struct Source {
    path: PathBuf,
    /// As it was when it was opened.
    before: Arc<Metadata>,
    reader: Arc<Mutex<Reader>>,
}

/// How far a content was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// To its end.
    All,
    /// Until nobody wanted more.
    Refused,
    /// Until a piece was not taken for too long.
    Stuck,
}

#[derive(Debug)]
struct Reader {
    file: File,
    hasher: Hasher,
    /// How much of the file the hasher has had.
    hashed: u64,
}

impl Source {
    pub(super) async fn open(path: &Path) -> Result<Self, StorageError> {
        let owned = path.to_owned();
        let open = move || {
            // Looked at before it is opened: whoever opens a pipe waits for who writes to it.
            is_file(&std::fs::metadata(&owned)?)?;
            let file = File::open(&owned)?;
            let before = file.metadata()?;
            is_file(&before)?;
            Ok((file, before))
        };
        let (file, before) = blocking(open).await.map_err(|error| StorageError::read(path, &error))?;
        let reader = Reader { file, hasher: Hasher::default(), hashed: 0 };
        Ok(Self { path: path.to_owned(), before: Arc::new(before), reader: Arc::new(Mutex::new(reader)) })
    }

    pub(super) fn length(&self) -> u64 {
        self.before.len()
    }

    /// A text that is the same as long as the file is, also in another life of the program.
    pub(super) fn identity(&self) -> String {
        let changed = self.before.modified().ok();
        let changed = changed.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        format!("{} {} {:?}", path.display(), self.length(), changed.map(|time| time.as_nanos()))
    }

    /// Hands the content on in pieces, from this byte on, as far as they are taken.
    pub(super) async fn feed(
        &self,
        mut offset: u64,
        patience: Duration,
        to: mpsc::Sender<Bytes>,
        taken: impl Fn(u64),
    ) -> Result<Fed, StorageError> {
        while offset < self.length() {
            let piece = self.piece(offset).await?;
            let length = piece.len() as u64;
            match to.send_timeout(piece, patience).await {
                Ok(()) => offset += length,
                Err(SendTimeoutError::Timeout(_)) => return Ok(Fed::Stuck),
                Err(SendTimeoutError::Closed(_)) => return Ok(Fed::Refused),
            }
            taken(offset);
        }
        Ok(Fed::All)
    }

    async fn piece(&self, offset: u64) -> Result<Bytes, StorageError> {
        let most = usize::try_from(self.length() - offset).map_or(PIECE, |left| left.min(PIECE));
        let piece = self.with(move |reader| reader.read_at(offset, most)).await?;
        if piece.is_empty() {
            return Err(StorageError::Changed { path: self.path.clone() });
        }
        Ok(piece)
    }

    /// All of it, for who has it in memory.
    pub(super) async fn content(&self) -> Result<Bytes, StorageError> {
        let mut content = Vec::new();
        while (content.len() as u64) < self.length() {
            content.extend_from_slice(&self.piece(content.len() as u64).await?);
        }
        Ok(content.into())
    }

    /// The digest of the whole, which is the one that it had when it was opened.
    pub(super) async fn digest(&self) -> Result<Sha256, StorageError> {
        let length = self.length();
        let (digest, now) = self
            .with(move |reader| {
                reader.hash_to(length)?;
                Ok((reader.hasher.digest(), reader.file.metadata()?))
            })
            .await?;
        let is_same = now.len() == length && now.modified().ok() == self.before.modified().ok();
        if is_same { Ok(digest) } else { Err(StorageError::Changed { path: self.path.clone() }) }
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Reader) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StorageError> {
        let reader = Arc::clone(&self.reader);
        let work = move || work(&mut lock(&reader));
        blocking(work).await.map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => StorageError::Changed { path: self.path.clone() },
            _ => StorageError::read(&self.path, &error),
        })
    }
}

fn is_file(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"))
    }
}

impl Reader {
    fn read_at(&mut self, offset: u64, most: usize) -> io::Result<Bytes> {
        self.hash_to(offset)?;
        let piece = self.read(offset, most)?;
        let known = usize::try_from(self.hashed - offset).unwrap_or(usize::MAX);
        if known < piece.len() {
            self.hasher.update(&piece[known..]);
            self.hashed = offset + piece.len() as u64;
        }
        Ok(piece)
    }

    /// Reads what lies before, if it was not read yet: what an earlier attempt has sent.
    fn hash_to(&mut self, offset: u64) -> io::Result<()> {
        while self.hashed < offset {
            let most = usize::try_from(offset - self.hashed).map_or(PIECE, |left| left.min(PIECE));
            let piece = self.read(self.hashed, most)?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.hasher.update(&piece);
            self.hashed += piece.len() as u64;
        }
        Ok(())
    }

    fn read(&mut self, offset: u64, most: usize) -> io::Result<Bytes> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut piece = Vec::with_capacity(most);
        (&self.file).take(most as u64).read_to_end(&mut piece)?;
        Ok(piece.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_digest_is_of_the_whole_wherever_one_begins_and_begins_again() {
        let path = std::env::temp_dir().join(format!("edge-source-{}", uuid::Uuid::new_v4()));
        let content: Vec<u8> = (0..3 * PIECE + 7).map(|index| (index % 251) as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let source = Source::open(&path).await.unwrap();
        for offset in [PIECE as u64 + 3, 0, 2 * PIECE as u64, 5] {
            let piece = source.piece(offset).await.unwrap();
            assert_eq!(&piece[..], &content[offset as usize..][..piece.len()], "from {offset} on");
        }
        assert_eq!(source.digest().await.unwrap(), Sha256::of(&content));
        std::fs::write(&path, b"something else").unwrap();
        assert!(matches!(source.digest().await, Err(StorageError::Changed { .. })));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(Source::open(&path).await, Err(StorageError::Read { .. })));
        assert!(matches!(Source::open(&std::env::temp_dir()).await, Err(StorageError::Read { .. })));
    }
}
