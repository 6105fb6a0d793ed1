//! An object: what is said of it, where its content is on this machine, and how it stands with it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use edge_proto::name;
use edge_proto::object::{DEFAULT_TYPE, Description, Place, Sha256, check_name};
use jiff::Timestamp;

use super::error::StorageError;
use super::event::{Listeners, Progress, Shared, Standing, SyncEvent, SyncStatus};
use super::plane::Storage;

/// Where the content is to be read from, or written to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Nowhere,
    Input(PathBuf),
    Output(PathBuf),
}

/// What is known of a content that the platform has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) place: Place,
    pub(crate) length: Option<u64>,
    pub(crate) date: Option<Timestamp>,
    pub(crate) sha256: Option<Sha256>,
    /// What the platform says of it besides, where it was asked.
    pub(crate) described: Option<Description>,
}

/// What is said of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) encoding: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A content of any size as an asset's value: a picture, a log, a firmware. The state or command has its
/// description and its address; the content itself goes to and from the platform's storage.
///
/// A setter does all of it: it uploads the file, and when it is stored publishes the state. Other states do not wait
/// for that. See [`storage`](crate::storage) for an example.
///
/// Clones are the same object, with one status. What changes a description or a path makes another object of this
/// clone, and leaves the others alone.
#[derive(Clone)]
pub struct StorageObject {
    about: About,
    /// A message has named it, or what it was made of.
    is_received: bool,
    way: Way,
    sync: Arc<Shared>,
}

impl StorageObject {
    /// An object without content yet: see [`set_input_path`](Self::set_input_path). Its name is made of ASCII letters, digits,
    /// `.`, `_` and `-`, has at most 128 bytes, and does not begin with a dot; that is checked when it is stored. An
    /// object of the same name at the same device is replaced.
    pub fn new(name: impl Into<String>) -> Self {
        let about = About {
            name: name.into(),
            content_type: DEFAULT_TYPE.to_owned(),
            encoding: None,
            metadata: BTreeMap::new(),
        };
        Self { about, is_received: false, way: Way::Nowhere, sync: Arc::default() }
    }

    /// An object with the content of a file, under the file's name. The file is read when the object is set or
    /// synchronized, and must not change meanwhile.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { way: Way::Input(path), ..Self::new(name.unwrap_or_default()) }
    }

    /// What the platform has, as a message says.
    pub(crate) fn received(about: About, stored: Stored) -> Self {
        let standing = Standing { stored: Some(stored), ..Standing::default() };
        Self {
            about,
            is_received: true,
            way: Way::Nowhere,
            sync: Shared::new(standing, Listeners::default()),
        }
    }

    /// Another object, with the same listeners, of which nothing is stored.
    fn changed(mut self, change: impl FnOnce(&mut About)) -> Self {
        self.about = self.about();
        change(&mut self.about);
        self.sync = Shared::new(Standing::default(), self.sync.listeners());
        self
    }

    /// With another name than its file's.
    pub fn with_name(self, name: impl Into<String>) -> Self {
        self.changed(|about| about.name = name.into())
    }

    /// With its media type: `image/jpeg`. Default: `application/octet-stream`.
    pub fn with_content_type(self, content_type: impl Into<String>) -> Self {
        self.changed(|about| about.content_type = content_type.into())
    }

    /// With the way in which its content is compressed: `gzip`. Nothing is compressed by this library.
    pub fn with_encoding(self, encoding: impl Into<String>) -> Self {
        self.changed(|about| about.encoding = Some(encoding.into()))
    }

    /// With an entry of metadata: keys are names (ASCII letters, digits, `_`, `-`), values have at most 256 bytes and no control
    /// characters; at most 32 entries. Keys in small letters look the same everywhere: over plain HTTP they are headers.
    pub fn with_metadata(self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.changed(|about| drop(about.metadata.insert(key.into(), value.into())))
    }

    /// The name in the device's storage.
    pub fn name(&self) -> &str {
        &self.about.name
    }

    /// The media type.
    pub fn content_type(&self) -> &str {
        self.sync.described().map_or(&self.about.content_type, |found| &found.content_type)
    }

    /// The way in which the content is compressed, if it is.
    pub fn encoding(&self) -> Option<&str> {
        self.sync.described().map_or(&self.about.encoding, |found| &found.encoding).as_deref()
    }

    /// What its maker says besides.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        self.sync.described().map_or(&self.about.metadata, |found| &found.metadata)
    }

    /// How many bytes the stored content has; `None`: not stored, or not known.
    pub fn length(&self) -> Option<u64> {
        self.stored()?.length
    }

    /// When the content was stored; `None`: not stored, or not known.
    pub fn date(&self) -> Option<Timestamp> {
        self.stored()?.date
    }

    /// The digest of the stored content; `None`: not stored, or not known.
    pub fn sha256(&self) -> Option<Sha256> {
        self.stored()?.sha256
    }

    /// Where the content is, below the platform's HTTP address: `/device/CAM-1/object/shot.jpg`; `None`: not
    /// stored.
    pub fn uri(&self) -> Option<String> {
        Some(self.stored()?.place.to_string())
    }

    /// How it stands with the content.
    pub fn status(&self) -> SyncStatus {
        self.sync.read(|standing| standing.status)
    }

    /// How much of it has arrived.
    pub fn progress(&self) -> Progress {
        self.sync.read(|standing| standing.progress)
    }

    /// Why the last attempt failed.
    pub fn error(&self) -> Option<StorageError> {
        self.sync.read(|standing| standing.error.clone())
    }

    /// The file that is uploaded.
    pub fn input_path(&self) -> Option<&Path> {
        if let Way::Input(path) = &self.way { Some(path) } else { None }
    }

    /// The file to which it is downloaded.
    pub fn output_path(&self) -> Option<&Path> {
        if let Way::Output(path) = &self.way { Some(path) } else { None }
    }

    /// Uploads this file from now on, and downloads to none. The object is not in sync then, also when it is the same path:
    /// there may be something else in it.
    ///
    /// # Errors
    /// While it is on its way.
    pub fn set_input_path(&mut self, path: impl Into<PathBuf>) -> Result<(), StorageError> {
        self.turn(Way::Input(path.into()), None)
    }

    /// Downloads to this file from now on, and uploads none: what a message has named, or, of an object that was made by its name, what
    /// the device has under that name. What a message has not said (length or digest), the platform is asked; its type, encoding,
    /// date and metadata are the platform's then. What is in the file stays until the whole content has come; its folder is made if
    /// it is not there.
    ///
    /// # Errors
    /// While it is on its way.
    pub fn set_output_path(&mut self, path: impl Into<PathBuf>) -> Result<(), StorageError> {
        let stored = self.stored();
        self.turn(Way::Output(path.into()), stored)
    }

    fn turn(&mut self, way: Way, stored: Option<Stored>) -> Result<(), StorageError> {
        if self.status() == SyncStatus::SyncPending {
            return Err(StorageError::Pending { name: self.about.name.clone() });
        }
        let standing = Standing { stored, ..Standing::default() };
        self.about = self.about();
        self.sync = Shared::new(standing, self.sync.listeners());
        self.way = way;
        Ok(())
    }

    /// Calls this once for each `sync` that ends (not for one that is dropped, nor without a path), and each
    /// setter that synchronizes, whatever became of it; instead of what was given before. It must not block.
    pub fn on_sync(self, listener: impl Fn(SyncEvent) + Send + Sync + 'static) -> Self {
        self.sync.listen(|listeners| listeners.sync = Some(Arc::new(listener)));
        self
    }

    /// Calls this whenever more of the content has arrived, instead of what was given before. It must not
    /// block.
    pub fn on_progress(self, listener: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.sync.listen(|listeners| listeners.progress = Some(Arc::new(listener)));
        self
    }

    /// Uploads the input path, or downloads to the output path, unless that is done already. Waits for it, through
    /// breaks of the network: a transfer goes on where it broke off. What is on its way already is waited for.
    ///
    /// # Errors
    /// See [`StorageError`]; the object is [`SyncFailed`](SyncStatus::SyncFailed) then, and this may be called
    /// again. Without any path nothing is done, and no event is told.
    ///
    /// # Cancel safety
    /// Dropped, the transfer stops and has failed, unless another call waits for it, which goes on with it then; called again, it goes
    /// on where it stopped. Of a call that is dropped no event is told.
    pub async fn sync(&self, storage: &Storage) -> Result<(), StorageError> {
        self.sync_for(storage, None).await
    }

    /// Downloads the content to a file: [`set_output_path`](Self::set_output_path), then
    /// [`sync`](Self::sync). The other clones of the object know nothing of it.
    ///
    /// # Errors
    /// See [`StorageError`]. The file is as it was.
    ///
    /// # Cancel safety
    /// Dropped, the transfer stops; called again, it goes on where it stopped.
    pub async fn download(&self, storage: &Storage, path: impl Into<PathBuf>) -> Result<(), StorageError> {
        let mut object = self.clone();
        object.set_output_path(path)?;
        object.sync(storage).await
    }

    pub(crate) async fn sync_for(
        &self,
        storage: &Storage,
        said: Option<&'static str>,
    ) -> Result<(), StorageError> {
        if self.way == Way::Nowhere {
            return Err(StorageError::NoPath { name: self.about.name.clone() });
        }
        let result = loop {
            if self.sync.begin() {
                let pending = Pending { object: self, is_over: false };
                break pending.end(self.transfer(storage).await);
            }
            match self.sync.ended().await {
                // Whoever had begun it was dropped, and nobody here was: it goes on here.
                Err(StorageError::Cancelled { .. }) => {}
                result => break result,
            }
        };
        if let Some(listener) = self.sync.listeners().sync {
            let status = if result.is_ok() { SyncStatus::InSync } else { SyncStatus::SyncFailed };
            let (error, device) = (result.clone().err(), storage.device().clone());
            listener(SyncEvent { object: self.clone(), status, error, device, name: said });
        }
        result
    }

    async fn transfer(&self, storage: &Storage) -> Result<Stored, StorageError> {
        let progress = |progress| self.sync.progress(progress);
        match (&self.way, self.stored()) {
            (Way::Input(path), _) => {
                let place = Place { device: storage.device().to_string(), name: self.about.name.clone() };
                storage.upload(path, place, self.description()?, &progress).await
            }
            (Way::Output(path), Some(stored)) => storage.download(path, stored, &progress).await,
            // What a message has named is elsewhere, and nobody knows any more where.
            (Way::Output(path), None) if !self.is_received => {
                let stored = self.of_the_devices(storage)?;
                storage.download(path, stored, &progress).await
            }
            (Way::Output(_) | Way::Nowhere, _) => Err(StorageError::NoPath { name: self.about.name.clone() }),
        }
    }

    /// The device's content of this name, whatever it is: nobody has said more of it.
    fn of_the_devices(&self, storage: &Storage) -> Result<Stored, StorageError> {
        let name = self.about.name.clone();
        check_name(&name).map_err(|source| StorageError::Description { name: name::shown(&name), source })?;
        let place = Place { device: storage.device().to_string(), name };
        Ok(Stored { place, length: None, date: None, sha256: None, described: None })
    }

    /// What is told of it before it is stored.
    fn description(&self) -> Result<Description, StorageError> {
        let About { name, content_type, encoding, metadata } = self.about();
        let description = Description { content_type, encoding, sha256: None, metadata };
        let checked = check_name(&name).and_then(|()| description.check());
        checked.map_err(|source| StorageError::Description { name: name::shown(&name), source })?;
        Ok(description)
    }

    /// What is said of it, with what the platform has said since.
    pub(crate) fn about(&self) -> About {
        let name = self.about.name.clone();
        match self.sync.described().cloned() {
            Some(Description { content_type, encoding, metadata, .. }) => {
                About { name, content_type, encoding, metadata }
            }
            None => self.about.clone(),
        }
    }

    /// What the platform has of it.
    pub(crate) fn stored(&self) -> Option<Stored> {
        self.sync.read(|standing| standing.stored.clone())
    }

    /// Whether it must be uploaded before it can be a value.
    pub(crate) fn must_upload(&self) -> bool {
        matches!(self.way, Way::Input(_)) && self.status() != SyncStatus::InSync
    }
}

/// Says that a transfer was given up if nobody says how it ended.
struct Pending<'a> {
    object: &'a StorageObject,
    is_over: bool,
}

impl Pending<'_> {
    fn end(mut self, result: Result<Stored, StorageError>) -> Result<(), StorageError> {
        self.is_over = true;
        let told = result.as_ref().map(drop).map_err(Clone::clone);
        self.object.sync.end(result);
        told
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let name = self.object.about.name.clone();
            self.object.sync.end(Err(StorageError::Cancelled { name }));
        }
    }
}

/// The same description, the same paths, the same content.
impl PartialEq for StorageObject {
    fn eq(&self, other: &Self) -> bool {
        self.about() == other.about() && self.way == other.way && self.stored() == other.stored()
    }
}

impl fmt::Debug for StorageObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let standing = self.sync.standing();
        f.debug_struct("StorageObject")
            .field("name", &self.about.name)
            .field("way", &self.way)
            .field("status", &standing.status)
            .field("stored", &standing.stored)
            .finish_non_exhaustive()
    }
}
