//! Contents on their way: from a file into a bucket, and to a reader.

use std::io::{self, Read as _, Seek as _};
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use object_store::{GetResult, GetResultPayload};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use super::ObjectsError;

/// What is read at once, and of which two wait for a reader.
const PIECE: usize = 256 * 1024;
/// How long a reader may do nothing.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a bucket is sent at once.
pub(super) const CHUNK: usize = 8 * 1024 * 1024;

/// The content of an object, from its first byte on, or from another one.
pub(crate) type Content = ReceiverStream<Result<Bytes, io::Error>>;

pub(super) async fn send(
    file: &FilePath,
    upload: &mut dyn object_store::MultipartUpload,
) -> Result<(), ObjectsError> {
    let file = Arc::new(std::sync::Mutex::new(std::fs::File::open(file)?));
    loop {
        let chunk = read(Arc::clone(&file), CHUNK).await?;
        if chunk.is_empty() {
            return Ok(());
        }
        upload.put_part(chunk.into()).await?;
    }
}

type SharedFile = Arc<std::sync::Mutex<std::fs::File>>;

/// The next bytes of a file; fewer at its end.
async fn read(file: SharedFile, most: usize) -> io::Result<Bytes> {
    let read = move || {
        let file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut bytes = Vec::with_capacity(most);
        (&*file).take(most as u64).read_to_end(&mut bytes)?;
        Ok(bytes.into())
    };
    tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
}

/// Reads ahead, a little, until nobody listens any longer.
pub(super) fn stream(found: GetResult) -> Content {
    let (sender, receiver) = mpsc::channel(2);
    let range = found.range.clone();
    tokio::spawn(async move {
        let done = match found.payload {
            GetResultPayload::File(file, _) => stream_file(file, range, &sender).await,
            GetResultPayload::Stream(mut pieces) => loop {
                match pieces.next().await {
                    None => break Ok(()),
                    Some(Err(error)) => break Err(io::Error::other(error)),
                    Some(Ok(piece)) => {
                        if !pass(&sender, piece).await {
                            break Ok(());
                        }
                    }
                }
            },
        };
        if let Err(error) = done {
            tracing::warn!(%error, "an object could not be read to its end");
            let _ = sender.send_timeout(Err(error), PATIENCE).await;
        }
    });
    ReceiverStream::new(receiver)
}

async fn stream_file(
    mut file: std::fs::File,
    range: Range<u64>,
    sender: &mpsc::Sender<io::Result<Bytes>>,
) -> io::Result<()> {
    file.seek(io::SeekFrom::Start(range.start))?;
    let file = Arc::new(std::sync::Mutex::new(file));
    let mut left = range.end - range.start;
    while left > 0 {
        let most = left.min(PIECE as u64);
        let piece = read(Arc::clone(&file), most as usize).await?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= piece.len() as u64;
        if !pass(sender, piece).await {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether somebody took it.
async fn pass(sender: &mpsc::Sender<io::Result<Bytes>>, piece: Bytes) -> bool {
    sender.send_timeout(Ok(piece), PATIENCE).await.is_ok()
}
