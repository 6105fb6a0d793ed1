//! A server that is spoken to as S3 is, in this process, with a bucket in a folder of its own.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::S3ServiceBuilder;
use s3s::{S3Result, s3_error};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The only key that is known.
const KEY: &str = "AKIAEDGETESTS";

/// A running server. Stopped when it is dropped.
pub struct S3Server {
    address: SocketAddr,
    folder: TempDir,
    secret: Arc<Mutex<String>>,
    task: JoinHandle<()>,
}

impl fmt::Debug for S3Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl S3Server {
    /// The only bucket.
    pub const BUCKET: &'static str = "things";

    /// Starts it on a free port; what is asked must be signed with this secret.
    ///
    /// # Errors
    /// When it cannot listen, or make its folder.
    pub async fn start(secret: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(Self::BUCKET))?;
        let files = FileSystem::new(folder.path()).map_err(|error| format!("{error:?}"))?;
        let secret = Arc::new(Mutex::new(secret.to_owned()));
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(Keys(Arc::clone(&secret)));
        let service = service.build();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let service = service.clone();
                tokio::spawn(async move {
                    let server = Builder::new(TokioExecutor::new());
                    // A connection that ends in the middle is the client's.
                    let _ = server.serve_connection(TokioIo::new(socket), service).await;
                });
            }
        });
        Ok(Self { address, folder, secret, task })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What programs for S3 are told of a server at this address, which may be that of a proxy before it.
    pub fn variables(address: SocketAddr, secret: &str) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT", format!("http://{address}")),
            ("AWS_REGION", "eu-central-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
        ]
    }

    /// From now on what is asked must be signed with this secret.
    pub fn set_secret(&self, secret: &str) {
        secret.clone_into(&mut self.secret.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The files of the bucket, in order; the server keeps its own beside them.
    pub fn objects(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().join(Self::BUCKET)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => folders.push(path),
                    path => found.push(path),
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Keys(Arc<Mutex<String>>);

impl S3Auth for Keys {
    /// As `async_trait` has it.
    fn get_secret_key<'a, 'b, 'c>(
        &'a self,
        key: &'b str,
    ) -> Pin<Box<dyn Future<Output = S3Result<SecretKey>> + Send + 'c>>
    where
        'a: 'c,
        'b: 'c,
        Self: 'c,
    {
        let secret = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let known = (key == KEY).then(|| SecretKey::from(secret));
        Box::pin(std::future::ready(known.ok_or_else(|| s3_error!(InvalidAccessKeyId))))
    }
}
