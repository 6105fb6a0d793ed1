//! A file that is downloaded: it grows beside its place, under a name of its own, and takes its place when all of it is there.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use edge_proto::object::{Hasher, Sha256};

use super::error::{StorageError, blocking};

const PIECE: usize = 512 * 1024;
/// A download that was given up may still write the piece that it had: so often, and so long apart, it is looked whether
/// it has.
const LOOKS: u32 = 10;
const LOOK: Duration = Duration::from_millis(10);

/// So much of a digest is in a part's name.
const SHORT: usize = 16;
/// The most bytes that the name of a file may have nearly everywhere, without what a part's name adds.
const MOST_WHOLE: usize = 255 - SHORT - ".".len() - "..part".len();
const MOST_SHORTENED: usize = MOST_WHOLE - SHORT - ".".len();

/// See the module.
#[derive(Debug)]
pub(super) struct Target {
    path: PathBuf,
    part: PathBuf,
    /// Locked: nobody else downloads the same to the same place.
    file: File,
    hasher: Hasher,
    length: u64,
}

impl Target {
    /// Begins, or goes on with what has come of this content before.
    pub(super) async fn open(path: &Path, digest: &Sha256) -> Result<Self, StorageError> {
        let name = path.file_name().ok_or_else(|| StorageError::write(path, &"it has no file name"))?;
        let part = path.with_file_name(part_name(&name.to_string_lossy(), digest));
        for _ in 0..LOOKS {
            if let Some(target) = Self::try_open(path, &part).await? {
                return Ok(target);
            }
            // There is no word from who has given one up, so it is looked for.
            tokio::time::sleep(LOOK).await;
        }
        let busy = || StorageError::write(path, &"it is being downloaded already");
        Self::try_open(path, &part).await?.ok_or_else(busy)
    }

    /// `None`: somebody else downloads it.
    async fn try_open(path: &Path, part: &Path) -> Result<Option<Self>, StorageError> {
        let (to, part) = (path.to_owned(), part.to_owned());
        let open = move || Self::open_now(to, part);
        blocking(open).await.map_err(|error| StorageError::write(path, &error))
    }

    fn open_now(path: PathBuf, part: PathBuf) -> io::Result<Option<Self>> {
        if path.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        if part.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("`{}` is in the way", part.display()),
            ));
        }
        let Some(file) = open_alone(&part)? else { return Ok(None) };
        let mut target = Self { path, part, file, hasher: Hasher::default(), length: 0 };
        let mut piece = vec![0; PIECE];
        loop {
            match target.file.read(&mut piece)? {
                0 => return Ok(Some(target)),
                read => {
                    target.hasher.update(&piece[..read]);
                    target.length += read as u64;
                }
            }
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn digest(&self) -> Sha256 {
        self.hasher.digest()
    }

    pub(super) async fn append(mut self, pieces: Vec<Bytes>) -> Result<Self, StorageError> {
        let path = self.path.clone();
        let append = move || {
            for piece in &pieces {
                self.file.write_all(piece)?;
                self.hasher.update(piece);
                self.length += piece.len() as u64;
            }
            Ok(self)
        };
        blocking(append).await.map_err(|error| StorageError::write(&path, &error))
    }

    /// All of it is there: it takes its place.
    pub(super) async fn land(self) -> Result<(), StorageError> {
        let path = self.path.clone();
        let land = move || {
            self.file.sync_data()?;
            std::fs::rename(&self.part, &self.path)
        };
        blocking(land).await.map_err(|error| StorageError::write(&path, &error))
    }

    /// Throws away what has come.
    pub(super) async fn discard(self) -> Result<(), StorageError> {
        let path = self.path.clone();
        blocking(move || std::fs::remove_file(&self.part))
            .await
            .map_err(|error| StorageError::write(&path, &error))
    }
}

/// A name as long as file systems allow leaves no room for what is put around it: a digest stands for what is too much then.
fn part_name(name: &str, digest: &Sha256) -> String {
    let short = |digest: &Sha256| digest.to_string()[..SHORT].to_owned();
    if name.len() <= MOST_WHOLE {
        return format!(".{name}.{}.part", short(digest));
    }
    let end = (0..=MOST_SHORTENED).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
    format!(".{}.{}.{}.part", &name[..end], short(&Sha256::of(name.as_bytes())), short(digest))
}

/// The part, for one download alone: `None` when somebody else has it.
fn open_alone(part: &Path) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).append(true).create(true).open(part)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
