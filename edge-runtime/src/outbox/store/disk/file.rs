//! The file in its folder: where it lies, and who may read it.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::trouble::{Trouble, told};
use crate::outbox::store::StoreError;

/// Where a file is written that takes another one's place.
pub(super) fn beside(path: &Path) -> PathBuf {
    path.with_extension("new")
}

/// The folder is there, and the file, if it is there, is one.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    let fail = |source: io::Error| told(path, Trouble::Io(source));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    // A program that moved a damaged file away may have ended before the new one was in its place.
    if !path.exists() && beside(path).is_file() {
        std::fs::rename(beside(path), path).map_err(fail)?;
    }
    let reason = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail(error)),
        Ok(metadata) if metadata.is_symlink() => "it is a symbolic link",
        Ok(metadata) if !metadata.is_file() => "it is no file",
        Ok(metadata) => return only_ours(path, &metadata).map_err(fail),
    };
    Err(StoreError::Unsafe { path: path.to_owned(), reason })
}

/// Nobody else may read it.
#[cfg(unix)]
fn only_ours(path: &Path, metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mut permissions = metadata.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o600);
    std::fs::set_permissions(path, permissions)
}

#[cfg(not(unix))]
fn only_ours(_: &Path, _: &Metadata) -> io::Result<()> {
    Ok(())
}

pub(super) fn open_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
