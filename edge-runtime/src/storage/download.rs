//! A download: as many requests as the network needs, into a file that takes its place when all of it is right.

use super::attempts::Attempts;
use super::client::{Client, Found};
use super::error::StorageError;
use super::event::Progress;
use super::object::Stored;
use super::plane::Download;
use super::target::Target;

/// What is handed to the disk at once.
const BATCH: usize = 512 * 1024;

struct Run<'a> {
    client: &'a Client,
    job: Download<'a>,
    attempts: Attempts,
    /// What came in an earlier life turned out to be something else.
    is_begun_over: bool,
}

pub(super) async fn run(client: &Client, job: Download<'_>) -> Result<Stored, StorageError> {
    let mut run = Run { client, job, attempts: Attempts::new(), is_begun_over: false };
    loop {
        match run.once().await {
            Ok(stored) => return Ok(stored),
            Err(error) => run.attempts.again(error).await?,
        }
    }
}

impl Run<'_> {
    async fn once(&mut self) -> Result<Stored, StorageError> {
        let Download { path, stored, patience, .. } = &self.job;
        let found = match (stored.length, stored.sha256) {
            (Some(length), Some(sha256)) => Found { length, sha256, date: None, described: None },
            _ => self.client.find(&stored.place, *patience).await?,
        };
        if stored.sha256.is_some_and(|wanted| wanted != found.sha256) {
            return Err(StorageError::Replaced { object: stored.place.to_string() });
        }
        let mut target = Target::open(path, &found.sha256).await?;
        let is_continued = target.length() > 0;
        if target.length() > found.length {
            target.discard().await?;
            target = Target::open(path, &found.sha256).await?;
        }
        self.attempts.reached(target.length());
        (self.job.progress)(Progress::new(target.length(), found.length));
        if target.length() < found.length {
            target = self.receive(target, &found).await?;
        }
        let digest = target.digest();
        if digest == found.sha256 {
            target.land().await?;
            let Found { length, sha256, date, described } = found;
            let stored = self.job.stored.clone();
            let date = stored.date.or(date);
            return Ok(Stored { length: Some(length), date, sha256: Some(sha256), described, ..stored });
        }
        target.discard().await?;
        if is_continued && !std::mem::replace(&mut self.is_begun_over, true) {
            return Box::pin(self.once()).await;
        }
        let object = self.job.stored.place.to_string();
        Err(StorageError::Digest { object, expected: found.sha256, found: digest })
    }

    /// What is missing. What has come when it breaks off is in the file.
    async fn receive(&mut self, mut target: Target, found: &Found) -> Result<Target, StorageError> {
        let Download { stored, patience, progress, .. } = &self.job;
        let place = &stored.place;
        let mut answer = self.client.content(place, target.length(), &found.sha256, *patience).await?;
        loop {
            let (mut batch, mut bytes) = (Vec::new(), 0);
            let end = loop {
                match self.client.piece(place, &mut answer, *patience).await {
                    Ok(Some(piece)) => {
                        bytes += piece.len();
                        batch.push(piece);
                        if bytes >= BATCH {
                            break None;
                        }
                    }
                    Ok(None) => break Some(Ok(())),
                    Err(error) => break Some(Err(error)),
                }
            };
            target = target.append(batch).await?;
            self.attempts.reached(target.length());
            progress(Progress::new(target.length(), found.length));
            match end {
                None => {}
                Some(Ok(())) => return Ok(target),
                Some(Err(error)) => return Err(error),
            }
        }
    }
}
