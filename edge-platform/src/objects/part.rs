//! What has come of an upload: a file that grows, and the digest of what is in it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use edge_proto::object::{Hasher, Sha256};

const PIECE: usize = 256 * 1024;

/// A part of a content. All methods wait for the disk.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    /// Open while something is written.
    file: Option<File>,
    length: u64,
    hasher: Hasher,
}

impl Part {
    /// Goes on with the file, or begins it. What is there is read once, for its digest.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut part = Self { path: path.to_owned(), file: None, length: 0, hasher: Hasher::default() };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                read => {
                    part.hasher.update(&piece[..read]);
                    part.length += read as u64;
                }
            }
        }
        part.file = Some(file);
        Ok(part)
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    pub(super) fn digest(&self) -> Sha256 {
        self.hasher.digest()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Appends all of it, or nothing.
    pub(super) fn append(&mut self, pieces: &[Bytes]) -> io::Result<()> {
        let length = self.length;
        let file = self.opened()?;
        if let Err(error) = pieces.iter().try_for_each(|piece| file.write_all(piece)) {
            // Nobody has been told of it.
            let cut = file.set_len(length);
            self.rest();
            return cut.and(Err(error));
        }
        for piece in pieces {
            self.hasher.update(piece);
            self.length += piece.len() as u64;
        }
        Ok(())
    }

    fn opened(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => OpenOptions::new().append(true).open(&self.path)?,
        };
        Ok(self.file.insert(file))
    }

    /// Nothing more comes for now: what waits for the rest keeps no file open.
    pub(super) fn rest(&mut self) {
        self.file = None;
    }

    /// All is there: it survives a power cut.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.opened()?.sync_data()?;
        self.rest();
        Ok(())
    }

    /// Throws it away.
    pub(super) fn remove(&mut self) -> io::Result<()> {
        self.rest();
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_gone_on_with_and_has_the_digest_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("part");
        let mut part = Part::open(&path).unwrap();
        part.append(&[Bytes::from_static(b"one "), Bytes::from_static(b"two ")]).unwrap();
        drop(part);
        let mut part = Part::open(&path).unwrap();
        assert_eq!(part.length(), 8);
        part.append(&[Bytes::from_static(b"three")]).unwrap();
        part.finish().unwrap();
        assert_eq!(part.digest(), Sha256::of(b"one two three"));
        assert_eq!(std::fs::read(&path).unwrap(), b"one two three");
        part.remove().unwrap();
        part.remove().unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn what_has_not_been_written_does_not_count() {
        // Writing fails, and what is there can be gone on with.
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let mut part = Part { path: full.into(), file: None, length: 0, hasher: Hasher::default() };
        part.append(&[Bytes::from_static(b"x")]).unwrap_err();
        assert_eq!((part.length(), part.digest()), (0, Sha256::of(b"")));
    }
}
