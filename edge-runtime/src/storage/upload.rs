//! An upload: as many requests as the network needs, and one that makes it the object.

use edge_proto::object::Sha256;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::attempts::Attempts;
use super::client::Client;
use super::error::StorageError;
use super::event::Progress;
use super::object::Stored;
use super::plane::Upload;
use super::source::{Fed, Source};
use crate::http::{Body, Status};

/// Pieces that wait for the network.
const AHEAD: usize = 2;
/// Of the hexadecimal digits of a digest, so many name an upload.
const ID: usize = 32;
/// Storing may take so much longer than any other answer: all of it must get to the disk.
const STORING: u32 = 4;

struct Run<'a> {
    client: &'a Client,
    job: Upload<'a>,
    source: Source,
    /// The same for the same content, also in another life of the program: then it goes on.
    id: String,
    attempts: Attempts,
    /// It was to be completed, and nobody knows whether it was.
    is_in_doubt: bool,
}

pub(super) async fn run(client: &Client, job: Upload<'_>) -> Result<Stored, StorageError> {
    let source = Source::open(job.path).await?;
    let identity = format!("{} {}", job.place, source.identity());
    let id = Sha256::of(identity.as_bytes()).to_string()[..ID].to_owned();
    let mut run = Run { client, job, source, id, attempts: Attempts::new(), is_in_doubt: false };
    let mut is_begun_over = false;
    loop {
        let mut is_continued = false;
        let error = match run.once(&mut is_continued).await {
            Ok(stored) => return Ok(stored),
            Err(error) => error,
        };
        let is_other = matches!(&error, StorageError::Rejected { status, .. } if *status == Status::UNPROCESSABLE_ENTITY);
        if is_other && is_continued && !is_begun_over {
            // What was there of it was something else. The platform has thrown it away.
            is_begun_over = true;
            continue;
        }
        run.attempts.again(error).await?;
    }
}

impl Run<'_> {
    async fn once(&mut self, is_continued: &mut bool) -> Result<Stored, StorageError> {
        let length = self.source.length();
        if std::mem::take(&mut self.is_in_doubt)
            && let Ok(stored) = self.complete().await
        {
            return Ok(stored);
        }
        let Upload { place, patience, .. } = &self.job;
        let mut have = self.client.begin(place, &self.id, length, *patience).await?;
        if have > length {
            self.client.abandon(place, &self.id, *patience).await?;
            have = self.client.begin(place, &self.id, length, *patience).await?;
        }
        *is_continued = have > 0;
        self.attempts.reached(have);
        (self.job.progress)(Progress::new(have, length));
        if have < length {
            have = self.send(have).await?;
            self.attempts.reached(have);
        }
        self.complete().await
    }

    /// Sends what is missing.
    async fn send(&self, have: u64) -> Result<u64, StorageError> {
        let Upload { place, patience, progress, .. } = &self.job;
        let length = self.source.length();
        let (sender, pieces) = mpsc::channel(AHEAD);
        let taken = |bytes| progress(Progress::new(bytes, length));
        let feed = self.source.feed(have, *patience, sender, taken);
        let body = Body::Pieces(length - have, pieces);
        let append = self.client.append(place, &self.id, have, body);
        tokio::pin!(feed, append);
        tokio::select! {
            // An answer before the end is an error.
            answer = &mut append => answer,
            fed = &mut feed => match fed? {
                Fed::Stuck => Err(self.client.silent(place, *patience)),
                Fed::All | Fed::Refused => {
                    timeout(*patience, append).await.map_err(|_| self.client.silent(place, *patience))?
                }
            },
        }
    }

    async fn complete(&mut self) -> Result<Stored, StorageError> {
        let Upload { place, patience, description, .. } = &self.job;
        let digest = match self.source.digest().await {
            Ok(digest) => digest,
            Err(error) => {
                // What was sent is of no use to anybody.
                let _ = self.client.abandon(place, &self.id, *patience).await;
                return Err(error);
            }
        };
        let description = edge_proto::object::Description { sha256: Some(digest), ..description.clone() };
        let json = serde_json::to_vec(&description).expect("texts and maps with text keys are always JSON");
        let length = self.source.length();
        let completed = self.client.complete(place, &self.id, length, json, *patience * STORING).await;
        self.is_in_doubt = completed.as_ref().is_err_and(StorageError::is_retryable);
        completed
    }
}
