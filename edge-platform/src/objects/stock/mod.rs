//! Contents and their descriptions at rest. The only module that names object_store.
//!
//! `objects/{device}/{name}/about` is the description, and says which content is the object's: a file beside it,
//! under a name that is used once. So an object is replaced in one step, by writing its description, and who reads
//! the old one meanwhile reads it to its end. `uploads/` is what has not come as a whole yet.

mod bucket;
mod flow;
mod room;

use std::io;
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use edge_proto::object::StoredObject;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};
use serde::{Deserialize, Serialize};
use tokio_stream::StreamExt as _;

use super::error::ObjectsError;
use super::place::ObjectsUrl;
use crate::error::BoxError;
pub(super) use bucket::has_keys;
pub(crate) use flow::Content;
use flow::{send, stream};
use room::{Count, Room};

const OBJECTS: &str = "objects";
const UPLOADS: &str = "uploads";
const ABOUT: &str = "about";
/// How often an object may be replaced between looking it up and opening it.
const LOOKS: usize = 5;

/// A description, and where the content is.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct About {
    pub(crate) object: StoredObject,
    content: String,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Stock {
    store: Arc<dyn ObjectStore>,
    /// Where uploads and contents are on one disk: then a content lands by a rename.
    folder: Option<LocalFileSystem>,
    prefix: Path,
    uploads: PathBuf,
    room: Room,
    /// A folder that goes with the platform.
    _temporary: Option<tempfile::TempDir>,
}

impl Stock {
    /// Opens it; `None`: a folder that goes with it.
    /// A device has at most so many objects.
    pub(super) fn open(place: Option<&ObjectsUrl>, most: u64) -> Result<Self, BoxError> {
        match place {
            None => {
                let temporary = tempfile::tempdir()?;
                let mut stock = Self::in_folder(temporary.path(), most)?;
                stock._temporary = Some(temporary);
                Ok(stock)
            }
            Some(ObjectsUrl::Folder(path)) => Self::in_folder(path, most),
            Some(ObjectsUrl::S3 { bucket, prefix }) => Self::in_bucket(bucket, prefix, most),
        }
    }

    fn in_folder(path: &FilePath, most: u64) -> Result<Self, BoxError> {
        std::fs::create_dir_all(path)?;
        let folder = LocalFileSystem::new_with_prefix(path)?.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(folder.clone()),
            uploads: path.canonicalize()?.join(UPLOADS),
            folder: Some(folder),
            prefix: Path::default(),
            room: Room::new(most),
            _temporary: None,
        })
    }

    fn in_bucket(bucket: &str, prefix: &str, most: u64) -> Result<Self, BoxError> {
        let temporary = tempfile::tempdir()?;
        Ok(Self {
            store: bucket::open(bucket)?,
            folder: None,
            prefix: Path::parse(prefix)?,
            uploads: temporary.path().join(UPLOADS),
            room: Room::new(most),
            _temporary: Some(temporary),
        })
    }

    /// Whether a bucket is there, and lets us read; `Away`: it does not answer, or only that it cannot for now.
    pub(super) async fn check(&self) -> Result<(), ObjectsError> {
        // An object that there is not: it is asked for because the client tells of it whether the keys are right, and listed
        // because some servers say there only that there is no such bucket.
        let nothing = self.key(&[ABOUT]);
        let answer = match self.store.get(&nothing).await {
            Err(Error::NotFound { .. }) | Ok(_) => {
                self.store.list_with_delimiter(Some(&nothing)).await.map(drop)
            }
            Err(error) => Err(error),
        };
        match answer {
            Ok(()) => Ok(()),
            Err(error) if bucket::is_missing(&error) => Err(ObjectsError::NoBucket),
            Err(error) if bucket::may_pass(&error) => Err(ObjectsError::Away(error.into())),
            Err(error) => Err(match error.into() {
                ObjectsError::Away(answer) => ObjectsError::Answer(answer),
                known => known,
            }),
        }
    }

    /// Where an upload's part is.
    pub(super) fn part(&self, device: &str, name: &str, upload: &str) -> PathBuf {
        self.uploads.join(device).join(format!("{upload}.{name}"))
    }

    /// The folder of all parts.
    pub(super) fn uploads(&self) -> &FilePath {
        &self.uploads
    }

    fn key(&self, parts: &[&str]) -> Path {
        parts.iter().fold(self.prefix.clone(), |path, part| path.join(*part))
    }

    fn about_key(&self, device: &str, name: &str) -> Path {
        self.key(&[OBJECTS, device, name, ABOUT])
    }

    /// What is said of an object.
    pub(super) async fn about(&self, device: &str, name: &str) -> Result<About, ObjectsError> {
        let unknown = || ObjectsError::Unknown { name: name.to_owned() };
        let found = self.find(device, name).await?.ok_or_else(unknown)?;
        serde_json::from_slice(&found).map_err(|error| ObjectsError::Away(error.into()))
    }

    /// An object's description as it is there, which may be damaged.
    async fn find(&self, device: &str, name: &str) -> Result<Option<Bytes>, ObjectsError> {
        match self.store.get(&self.about_key(device, name)).await {
            Err(Error::NotFound { .. }) => Ok(None),
            other => Ok(Some(other?.bytes().await?)),
        }
    }

    /// What an object of this name would replace; nothing: if there is room for one more.
    async fn find_room(
        &self,
        device: &str,
        name: &str,
        count: &mut Count,
    ) -> Result<Option<Bytes>, ObjectsError> {
        let before = self.find(device, name).await?;
        if before.is_none() {
            let objects = match **count {
                Some(objects) => objects,
                None => *count.insert(self.count(device).await?),
            };
            self.room.check(objects)?;
        }
        Ok(before)
    }

    /// How many objects a device has. A content without a description is none, and could not be deleted to make room.
    async fn count(&self, device: &str) -> Result<u64, ObjectsError> {
        let mut found = self.store.list(Some(&self.key(&[OBJECTS, device])));
        let mut objects = 0;
        while let Some(file) = found.next().await {
            objects += u64::from(file?.location.filename() == Some(ABOUT));
        }
        Ok(objects)
    }

    /// Makes a file the content of an object: in one step, and instead of what it was.
    pub(super) async fn land(
        &self,
        device: &str,
        object: StoredObject,
        file: &FilePath,
    ) -> Result<StoredObject, ObjectsError> {
        let name = object.name.clone();
        // Before the upload is moved: after an error now it can still be completed later.
        self.find_room(device, &name, &mut self.room.enter(device).await).await?;
        let content = format!("{}-{}", object.sha256, uuid::Uuid::new_v4().simple());
        let content_key = self.key(&[OBJECTS, device, &name, &content]);
        self.bring(file, &content_key).await?;
        let about = About { object, content };
        let json = serde_json::to_vec(&about).map_err(|error| ObjectsError::Away(error.into()))?;
        let mut count = self.room.enter(device).await;
        let before = match self.find_room(device, &name, &mut count).await {
            Ok(before) => before,
            Err(error) => {
                self.forget(&content_key).await;
                return Err(error);
            }
        };
        // Nobody knows how many there are if this fails or is dropped: then they are counted anew.
        let objects = count.take();
        self.store.put(&self.about_key(device, &name), json.into()).await?;
        *count = objects.map(|objects| objects + u64::from(before.is_none()));
        if let Some(before) = before.and_then(|before| serde_json::from_slice::<About>(&before).ok()) {
            self.forget(&self.key(&[OBJECTS, device, &name, &before.content])).await;
        }
        Ok(about.object)
    }

    /// Whether an object of this name may come: it replaces another one, or there is room for one more. What cannot be told
    /// now is when it lands.
    pub(super) async fn check_room(&self, device: &str, name: &str) -> Result<(), ObjectsError> {
        match self.find_room(device, name, &mut self.room.enter(device).await).await {
            Err(full @ ObjectsError::TooMany { .. }) => Err(full),
            _ => Ok(()),
        }
    }

    async fn bring(&self, file: &FilePath, key: &Path) -> Result<(), ObjectsError> {
        if let Some(folder) = &self.folder {
            let from = file.strip_prefix(&self.uploads).unwrap_or(file);
            let from = from.iter().filter_map(|part| part.to_str());
            let from = from.fold(Path::from(UPLOADS), |path, part| path.join(part));
            return Ok(folder.rename(&from, key).await?);
        }
        let mut upload = self.store.put_multipart(key).await?;
        match send(file, upload.as_mut()).await {
            Ok(()) => {
                upload.complete().await?;
                let _ = tokio::fs::remove_file(file).await;
                Ok(())
            }
            Err(error) => {
                let _ = upload.abort().await;
                Err(error)
            }
        }
    }

    /// What nothing refers to any longer. Left over, it takes room and does no harm.
    async fn forget(&self, key: &Path) {
        if let Err(error) = self.store.delete(key).await {
            tracing::warn!(%error, %key, "a content that is no object's any longer was not deleted");
        }
    }

    /// What is said of an object, and the part of its content that `range` chooses from the length.
    pub(super) async fn open_content(
        &self,
        device: &str,
        name: &str,
        choose: impl Fn(&StoredObject) -> Option<Range<u64>>,
    ) -> Result<(StoredObject, Option<(Range<u64>, Content)>), ObjectsError> {
        let mut looks = 0;
        loop {
            let About { object, content } = self.about(device, name).await?;
            let Some(range) = choose(&object) else { return Ok((object, None)) };
            let key = self.key(&[OBJECTS, device, name, &content]);
            let get_range = (!range.is_empty()).then(|| GetRange::Bounded(range.clone()));
            let options = GetOptions { range: get_range, ..GetOptions::default() };
            match self.store.get_opts(&key, options).await {
                // Replaced a moment ago.
                Err(Error::NotFound { .. }) if looks < LOOKS => looks += 1,
                other => return Ok((object, Some((range, stream(other?))))),
            }
        }
    }

    /// Deletes an object.
    pub(super) async fn delete(&self, device: &str, name: &str) -> Result<(), ObjectsError> {
        let mut count = self.room.enter(device).await;
        let about = self.about(device, name).await?;
        let objects = count.take();
        self.store.delete(&self.about_key(device, name)).await?;
        *count = objects.map(|objects| objects.saturating_sub(1));
        self.forget(&self.key(&[OBJECTS, device, name, &about.content])).await;
        Ok(())
    }

    /// Deletes all objects of a device, and what has come of others.
    pub(super) async fn forget_device(&self, device: &str) -> Result<(), ObjectsError> {
        let mut count = self.room.enter(device).await;
        *count = None;
        let mut found = self.store.list(Some(&self.key(&[OBJECTS, device])));
        while let Some(content) = found.next().await {
            self.store.delete(&content?.location).await?;
        }
        self.room.forget(device, count);
        match tokio::fs::remove_dir_all(self.uploads.join(device)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// The names of a device's objects, in order.
    pub(super) async fn names(&self, device: &str) -> Result<Vec<String>, ObjectsError> {
        let folder = self.key(&[OBJECTS, device]);
        let found = self.store.list_with_delimiter(Some(&folder)).await?;
        let mut names: Vec<_> =
            found.common_prefixes.iter().filter_map(|path| path.filename().map(str::to_owned)).collect();
        names.sort_unstable();
        Ok(names)
    }
}

impl From<Error> for ObjectsError {
    fn from(error: Error) -> Self {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        if matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. }) {
            return Self::Denied(error.into());
        }
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(now) = cause {
            if let Some(io) = now.downcast_ref::<io::Error>()
                && matches!(io.kind(), StorageFull | QuotaExceeded)
            {
                return Self::Full(io::Error::new(io.kind(), error));
            }
            cause = now.source();
        }
        Self::Away(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use edge_proto::object::Sha256;
    use jiff::Timestamp;
    use object_store::memory::InMemory;
    use object_store::throttle::{ThrottleConfig, ThrottledStore};

    use super::flow::CHUNK;
    use super::*;

    /// As in a bucket: contents are sent in chunks, and nothing is renamed.
    fn bucket(folder: &FilePath) -> Stock {
        Stock {
            store: Arc::new(InMemory::new()),
            folder: None,
            prefix: Path::from("a/b"),
            uploads: folder.join(UPLOADS),
            room: Room::new(10),
            _temporary: None,
        }
    }

    async fn land(stock: &Stock, content: &[u8]) -> StoredObject {
        land_as(stock, "shot.jpg", content).await.unwrap()
    }

    async fn land_as(stock: &Stock, name: &str, content: &[u8]) -> Result<StoredObject, ObjectsError> {
        let part = stock.part("CAM-1", name, "one");
        std::fs::create_dir_all(part.parent().unwrap()).unwrap();
        std::fs::write(&part, content).unwrap();
        let object = StoredObject {
            uri: format!("/device/CAM-1/object/{name}"),
            name: name.into(),
            content_type: "image/jpeg".into(),
            encoding: None,
            length: content.len() as u64,
            date: Timestamp::UNIX_EPOCH,
            sha256: Sha256::of(content),
            metadata: Default::default(),
        };
        let stored = stock.land("CAM-1", object, &part).await?;
        assert!(!part.exists());
        Ok(stored)
    }

    async fn content(stock: &Stock, range: Range<u64>) -> Vec<u8> {
        let choose = |_: &StoredObject| Some(range.clone());
        let (_, found) = stock.open_content("CAM-1", "shot.jpg", choose).await.unwrap();
        let mut pieces = found.unwrap().1;
        let mut content = Vec::new();
        while let Some(piece) = pieces.next().await {
            content.extend_from_slice(&piece.unwrap());
        }
        content
    }

    #[track_caller]
    fn is_unknown<T: std::fmt::Debug>(result: Result<T, ObjectsError>) {
        assert!(matches!(result, Err(ObjectsError::Unknown { .. })), "{result:?}");
    }

    async fn check(stock: Stock) {
        let large: Vec<u8> = (0..2 * CHUNK + 7).map(|index| (index % 251) as u8).collect();
        land(&stock, b"a first one").await;
        let stored = land(&stock, &large).await;
        assert_eq!(stock.about("CAM-1", "shot.jpg").await.unwrap().object, stored);
        assert!(content(&stock, 0..large.len() as u64).await == large);
        assert_eq!(content(&stock, 5..9).await, &large[5..9]);
        assert_eq!(stock.names("CAM-1").await.unwrap(), ["shot.jpg"]);
        assert_eq!(stock.store.list(None).collect::<Vec<_>>().await.len(), 2, "what was replaced is gone");
        stock.delete("CAM-1", "shot.jpg").await.unwrap();
        is_unknown(stock.delete("CAM-1", "shot.jpg").await);
        land(&stock, b"again").await;
        stock.forget_device("CAM-1").await.unwrap();
        is_unknown(stock.about("CAM-1", "shot.jpg").await);
        assert!(stock.names("CAM-1").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_bucket_has_what_a_folder_has() {
        let folder = tempfile::tempdir().unwrap();
        check(bucket(folder.path())).await;
        check(Stock::in_folder(&folder.path().join("new"), 10).unwrap()).await;
    }

    #[track_caller]
    fn is_full<T: std::fmt::Debug>(result: Result<T, ObjectsError>) {
        assert!(matches!(result, Err(ObjectsError::TooMany { .. })), "{result:?}");
    }

    #[tokio::test]
    async fn what_is_damaged_or_cannot_be_read_is_no_new_object() {
        let folder = tempfile::tempdir().unwrap();
        let stock = Stock::in_folder(folder.path(), 1).unwrap();
        land(&stock, b"a first one").await;
        is_full(land_as(&stock, "two.jpg", b"one more").await);
        let about = folder.path().join("objects/CAM-1/shot.jpg/about");
        std::fs::write(&about, "{").unwrap();
        stock.check_room("CAM-1", "shot.jpg").await.unwrap();
        land(&stock, b"whole again").await;
        // What cannot be opened: a link to itself.
        std::fs::remove_file(&about).unwrap();
        std::os::unix::fs::symlink("about", &about).unwrap();
        stock.check_room("CAM-1", "shot.jpg").await.unwrap();
        let error = land_as(&stock, "shot.jpg", b"once more").await.unwrap_err();
        assert!(matches!(error, ObjectsError::Away(_)), "{error:?}");
        assert!(stock.part("CAM-1", "shot.jpg", "one").exists(), "it can be completed later");
    }

    #[tokio::test]
    async fn a_content_without_a_description_takes_no_room() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("objects/CAM-1/lost.jpg")).unwrap();
        std::fs::write(folder.path().join("objects/CAM-1/lost.jpg/content"), "").unwrap();
        let stock = Stock::in_folder(folder.path(), 1).unwrap();
        land(&stock, b"the only one").await;
        is_full(land_as(&stock, "two.jpg", b"one more").await);
    }

    #[tokio::test]
    async fn what_was_broken_off_is_counted_anew() {
        let folder = tempfile::tempdir().unwrap();
        let throttled = Arc::new(ThrottledStore::new(InMemory::new(), ThrottleConfig::default()));
        let stock = Stock { store: throttled.clone(), room: Room::new(1), ..bucket(folder.path()) };
        land(&stock, b"a first one").await;
        // The request is dropped, and the bucket does what it was asked for nevertheless.
        throttled.config_mut(|config| config.wait_delete_per_call = Duration::MAX);
        let dropped = tokio::time::timeout(Duration::ZERO, stock.delete("CAM-1", "shot.jpg")).await;
        assert!(dropped.is_err(), "{dropped:?}");
        throttled.config_mut(|config| config.wait_delete_per_call = Duration::ZERO);
        stock.store.delete(&stock.about_key("CAM-1", "shot.jpg")).await.unwrap();
        land_as(&stock, "two.jpg", b"another one").await.unwrap();
        stock.delete("CAM-1", "two.jpg").await.unwrap();

        let stock = Stock::in_folder(folder.path(), 1).unwrap();
        stock.check_room("CAM-1", "shot.jpg").await.unwrap();
        let about = folder.path().join("objects/CAM-1/shot.jpg/about");
        std::fs::create_dir_all(&about).unwrap();
        land_as(&stock, "shot.jpg", b"a folder is in its way").await.unwrap_err();
        std::fs::remove_dir(&about).unwrap();
        std::fs::write(&about, "{").unwrap();
        is_full(land_as(&stock, "two.jpg", b"one more").await);
    }

    #[tokio::test]
    async fn devices_do_not_wait_for_each_other() {
        let stock = bucket(FilePath::new("none"));
        let _turn = stock.room.enter("CAM-2").await;
        let checked = stock.check_room("CAM-1", "shot.jpg");
        tokio::time::timeout(Duration::ZERO, checked).await.unwrap().unwrap();
    }
}
