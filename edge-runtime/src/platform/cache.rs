//! Device models in files, for when the platform cannot be reached.

use std::io;
use std::path::{Path, PathBuf};

use edge_proto::document::ModelDocument;
use edge_proto::object::Sha256;
use tokio::task::spawn_blocking;

/// The most bytes of a file that is read.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// A folder with a file for each model.
#[derive(Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// A URN may be longer than a name of a file, and have anything in it.
    fn path(&self, urn: &str) -> PathBuf {
        self.0.join(format!("{}.json", Sha256::of(urn.as_bytes())))
    }

    /// Keeps a model. That it could not is only logged: it was fetched all the same.
    pub(super) async fn keep(&self, model: &ModelDocument) {
        let (path, urn, json) = (self.path(&model.urn), model.urn.clone(), model.to_json());
        let written = spawn_blocking(move || write(&path, &json)).await;
        let error = match written {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(model = urn, folder = %self.0.display(), error, "the model is not kept in a file");
    }

    /// A model that was kept; a file that is none is as good as none.
    pub(super) async fn find(&self, urn: &str) -> Option<ModelDocument> {
        let path = self.path(urn);
        let read = spawn_blocking(move || read(&path)).await.ok()?;
        let model = match read {
            Ok(json) => ModelDocument::from_json(&json).map_err(|error| error.to_string()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.to_string()),
        };
        match model {
            Ok(model) if model.urn == urn => Some(model),
            Ok(_) => None,
            Err(error) => {
                tracing::warn!(model = urn, folder = %self.0.display(), error, "the model's file is not readable");
                None
            }
        }
    }
}

/// Whole, or not at all.
fn write(path: &Path, json: &str) -> io::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|before| before == json) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Of two that write at once, each its own.
    let part = path.with_extension(format!("{}.part", uuid::Uuid::new_v4().simple()));
    let written = std::fs::write(&part, json).and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

fn read(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_FILE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large for a model"));
    }
    std::fs::read_to_string(path)
}
