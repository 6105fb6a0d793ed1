//! Storage objects of devices: contents of any size with a description. They come in pieces, are written to a file,
//! and become an object in one step when all of it is there and its digest is right.

mod error;
mod part;
mod place;
mod stock;
mod uploads;

use std::ops::Range;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use edge_proto::object::{Description, Place, StoredObject};
use jiff::Timestamp;
use tokio::sync::OnceCell;
use tokio_stream::{Stream, StreamExt as _};

use crate::error::BoxError;
pub(crate) use error::ObjectsError;
pub use place::{ObjectsUrl, ObjectsUrlError};
pub(crate) use stock::Content;
use stock::{Stock, has_keys};
use uploads::{Turn, Uploads};

/// What is handed to the disk at once.
const BATCH: usize = 1024 * 1024;
/// How long a start waits for a bucket.
const CHECK: Duration = Duration::from_secs(10);
/// How long a sender may send nothing.
const PATIENCE: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub(crate) struct Objects {
    place: Option<ObjectsUrl>,
    /// The most bytes of one.
    limit: u64,
    /// The most objects of a device.
    most: u64,
    /// Opened when it is first needed: a platform that has no objects makes no folder.
    stock: OnceCell<Stock>,
    uploads: Uploads,
}

impl Objects {
    /// Objects at a place; `None`: in a folder that goes with the platform. None has more bytes than `limit`, and no device more
    /// of them than `most`.
    pub(crate) fn new(place: Option<ObjectsUrl>, limit: u64, most: u64) -> Self {
        Self { place, limit, most, stock: OnceCell::new(), uploads: Uploads::default() }
    }

    async fn stock(&self) -> Result<&Stock, ObjectsError> {
        let open = || async {
            let place = self.place.clone();
            let most = self.most;
            let opened = tokio::task::spawn_blocking(move || Stock::open(place.as_ref(), most)).await;
            let stock = opened.map_err(|error| ObjectsError::Away(error.into()))?;
            let stock = stock.map_err(ObjectsError::Away)?;
            self.uploads.sweep(stock.uploads(), SystemTime::from(Timestamp::now()));
            Ok(stock)
        };
        self.stock.get_or_try_init(open).await
    }

    /// Whether a bucket can be used as it is set up. One that does not answer, or only that it cannot for now (5xx), may do so
    /// later, which is logged.
    ///
    /// # Errors
    /// When it answers with another error: it refuses, is of another region, or there is no such bucket.
    pub(crate) async fn check(&self) -> Result<(), BoxError> {
        let Some(place @ ObjectsUrl::S3 { .. }) = &self.place else { return Ok(()) };
        let stock = match self.stock().await {
            // Such as an address that is none, which will not be one later.
            Err(ObjectsError::Away(error)) => return Err(error),
            stock => stock?,
        };
        let problem = match tokio::time::timeout(CHECK, stock.check()).await {
            Ok(Err(ObjectsError::Away(error))) => error,
            Ok(checked) => return Ok(checked?),
            Err(_) => format!("no answer of use within {CHECK:?}").into(),
        };
        let keys = match has_keys() {
            true => "those of the `AWS_` variables",
            false => {
                "none in an `AWS_` variable: this machine is asked for them, which may be what does not answer"
            }
        };
        tracing::warn!(%place, error = problem, keys, "the bucket for objects cannot be used yet");
        Ok(())
    }

    async fn take(&self, place: &Place, upload: &str) -> Result<Turn, ObjectsError> {
        let path = self.stock().await?.part(&place.device, &place.name, upload);
        Ok(self.uploads.take(path).await?)
    }

    /// Begins an upload or takes it over: how many bytes of it are there.
    pub(crate) async fn begin(
        &self,
        place: &Place,
        upload: &str,
        length: Option<u64>,
    ) -> Result<u64, ObjectsError> {
        if length.is_some_and(|length| length > self.limit) {
            return Err(ObjectsError::TooLarge { limit: self.limit });
        }
        // Before anything is sent; and once more when all is there.
        self.stock().await?.check_room(&place.device, &place.name).await?;
        let mut turn = self.take(place, upload).await?;
        let part = turn.part.as_mut().expect("a turn has its part");
        part.rest();
        Ok(part.length())
    }

    /// Appends what comes: how many bytes of the upload are there then. What has come before it breaks off
    /// stays.
    pub(crate) async fn append<E>(
        &self,
        place: &Place,
        upload: &str,
        offset: u64,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64, ObjectsError> {
        let mut turn = self.take(place, upload).await?;
        let have = turn.part.as_ref().map_or(0, part::Part::length);
        if have != offset {
            return Err(ObjectsError::Offset { have, asked: offset });
        }
        let received;
        (turn, received) = self.receive(turn, body).await?;
        let part = turn.part.as_mut().expect("a turn has its part");
        part.rest();
        received.map(|()| part.length())
    }

    /// Writes what comes until it ends. An error of the outer result: the disk's.
    async fn receive<E>(
        &self,
        mut turn: Turn,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<(Turn, Result<(), ObjectsError>), ObjectsError> {
        tokio::pin!(body);
        let mut length = turn.part.as_ref().map_or(0, part::Part::length);
        loop {
            let (batch, end) = next_batch(&turn, body.as_mut()).await;
            length += batch.iter().map(|piece| piece.len() as u64).sum::<u64>();
            if length > self.limit {
                return Ok((turn, Err(ObjectsError::TooLarge { limit: self.limit })));
            }
            if !batch.is_empty() {
                // The disk has the turn: whoever drops this future does not interrupt it.
                let write = move || {
                    let part = turn.part.as_mut().expect("a turn has its part");
                    let written = part.append(&batch);
                    (turn, written)
                };
                let written = tokio::task::spawn_blocking(write).await;
                let (back, written) = written.map_err(|error| ObjectsError::Away(error.into()))?;
                turn = back;
                written?;
            }
            if let Some(end) = end {
                return Ok((turn, end));
            }
        }
    }

    /// Makes an upload the object.
    pub(crate) async fn complete(
        &self,
        place: &Place,
        upload: &str,
        length: u64,
        description: Description,
    ) -> Result<StoredObject, ObjectsError> {
        let stock = self.stock().await?;
        let mut turn = self.take(place, upload).await?;
        let have = turn.part.as_ref().map_or(0, part::Part::length);
        if have != length {
            if let Some(object) = self.is_complete(place, length, &description).await {
                let part = turn.part.as_mut().expect("a turn has its part");
                part.remove()?;
                self.uploads.forget(part.path());
                return Ok(object);
            }
            return Err(ObjectsError::Incomplete { have, expected: length });
        }
        let finish = move || {
            let mut turn = turn;
            let part = turn.part.as_mut().expect("a turn has its part");
            let found = part.digest();
            if let Some(expected) = description.sha256.filter(|expected| *expected != found) {
                part.remove()?;
                return Ok((turn, Err(ObjectsError::Digest { expected, found })));
            }
            part.finish()?;
            let object = StoredObject {
                uri: String::new(),
                name: String::new(),
                content_type: description.content_type,
                encoding: description.encoding,
                length: have,
                date: Timestamp::now(),
                sha256: found,
                metadata: description.metadata,
            };
            Ok::<_, ObjectsError>((turn, Ok(object)))
        };
        let finished = tokio::task::spawn_blocking(finish).await;
        let (turn, object) = finished.map_err(|error| ObjectsError::Away(error.into()))??;
        let path = turn.part.as_ref().expect("a turn has its part").path().to_owned();
        if object.is_err() {
            self.uploads.forget(&path);
        }
        let object = StoredObject { uri: place.to_string(), name: place.name.clone(), ..object? };
        let landed = stock.land(&place.device, object, &path).await?;
        self.uploads.forget(&path);
        Ok(landed)
    }

    /// The object, if it is what is described: then its upload was completed, and nobody has heard of it.
    async fn is_complete(&self, place: &Place, length: u64, said: &Description) -> Option<StoredObject> {
        let object = self.about(place).await.ok()?;
        let is_it = object.length == length
            && Some(object.sha256) == said.sha256
            && object.content_type == said.content_type
            && object.encoding == said.encoding
            && object.metadata == said.metadata;
        is_it.then_some(object)
    }

    /// Throws an upload away.
    pub(crate) async fn abandon(&self, place: &Place, upload: &str) -> Result<(), ObjectsError> {
        let mut turn = self.take(place, upload).await?;
        let part = turn.part.as_mut().expect("a turn has its part");
        part.remove()?;
        self.uploads.forget(part.path());
        Ok(())
    }

    /// Stores what comes in one go, or nothing of it.
    pub(crate) async fn put<E>(
        &self,
        place: &Place,
        length: Option<u64>,
        description: Description,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<StoredObject, ObjectsError> {
        let upload = format!("put-{}", uuid::Uuid::new_v4().simple());
        let stored = async {
            self.begin(place, &upload, length).await?;
            let have = self.append(place, &upload, 0, body).await?;
            self.complete(place, &upload, have, description).await
        };
        let stored = stored.await;
        if stored.is_err() {
            let _ = self.abandon(place, &upload).await;
        }
        stored
    }

    /// What is said of an object.
    pub(crate) async fn about(&self, place: &Place) -> Result<StoredObject, ObjectsError> {
        Ok(self.stock().await?.about(&place.device, &place.name).await?.object)
    }

    /// What is said of an object, and of its content what `choose` wants of it.
    pub(crate) async fn open(
        &self,
        place: &Place,
        choose: impl Fn(&StoredObject) -> Option<Range<u64>>,
    ) -> Result<(StoredObject, Option<(Range<u64>, Content)>), ObjectsError> {
        self.stock().await?.open_content(&place.device, &place.name, choose).await
    }

    /// Deletes an object.
    pub(crate) async fn delete(&self, place: &Place) -> Result<(), ObjectsError> {
        self.stock().await?.delete(&place.device, &place.name).await
    }

    /// Deletes all that a device has: it is deleted itself. What cannot be deleted takes room, and is told to the log.
    pub(crate) async fn forget(&self, device: &str) {
        let is_there = match &self.place {
            None => self.stock.initialized(),
            Some(ObjectsUrl::Folder(path)) => path.exists(),
            Some(ObjectsUrl::S3 { .. }) => true,
        };
        if !is_there {
            return;
        }
        let forgotten = async { self.stock().await?.forget_device(device).await };
        if let Err(error) = forgotten.await {
            tracing::error!(device, %error, "the objects of a device that is deleted are still there");
        }
    }

    /// What is said of all objects of a device, in the order of their names.
    pub(crate) async fn all(&self, device: &str) -> Result<Vec<StoredObject>, ObjectsError> {
        let stock = self.stock().await?;
        let mut all = Vec::new();
        for name in stock.names(device).await? {
            match stock.about(device, &name).await {
                Ok(about) => all.push(about.object),
                Err(ObjectsError::Unknown { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// What comes next, and whether and how it ends there.
async fn next_batch<E>(
    turn: &Turn,
    mut body: std::pin::Pin<&mut impl Stream<Item = Result<Bytes, E>>>,
) -> (Vec<Bytes>, Option<Result<(), ObjectsError>>) {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH {
        let next = tokio::select! {
            biased;
            () = turn.is_over() => return (batch, Some(Err(ObjectsError::TakenOver))),
            next = tokio::time::timeout(PATIENCE, body.next()) => next,
        };
        match next {
            Ok(Some(Ok(piece))) => {
                bytes += piece.len();
                batch.push(piece);
            }
            Ok(Some(Err(_))) => return (batch, Some(Err(ObjectsError::BrokenOff))),
            Ok(None) => return (batch, Some(Ok(()))),
            Err(_) => return (batch, Some(Err(ObjectsError::Stalled))),
        }
    }
    (batch, None)
}
