//! Storage objects, from a device to a real platform and back, over a network with faults.

mod commands;
mod download;
mod encoding;
mod foreign;
mod gate;
mod paths;
mod refused;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use edge_platform::{Embedded, ObjectsUrl};
use edge_runtime::storage::Progress;
use edge_runtime::testing::FaultProxy;
use edge_runtime::{AssetValue, Device, Platform, StorageObject};
use edge_tests::Http;
use serde_json::Value;
use tempfile::TempDir;

const SN: &str = "CAM-1";
const MIB: usize = 1024 * 1024;

/// A picture with words.
#[derive(AssetValue, Clone, Debug)]
pub(crate) struct Captioned {
    caption: String,
    object: Option<StorageObject>,
}

/// Takes pictures.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:camera:1")]
pub(crate) struct Camera {
    #[asset(kind = "sensor")]
    picture: Option<StorageObject>,
    #[asset(kind = "sensor")]
    album: Option<Captioned>,
    #[asset(kind = "sensor", unit = "lx", min = 0.0)]
    light: f64,
}

impl Camera {
    fn new() -> Self {
        Self { picture: None, album: None, light: 0.0 }
    }
}

/// A platform that keeps its objects in a folder of the test's own, and a camera whose contents take a network
/// with faults.
pub(crate) struct World {
    folder: TempDir,
    embedded: Embedded,
    network: FaultProxy,
    /// Over that network.
    platform: Platform,
    camera: CameraDevice,
    http: Http,
}

impl World {
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Self::start_with(|_| {}).await
    }

    async fn start_with(
        change: impl FnOnce(&mut edge_platform::Config),
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let objects = ObjectsUrl::Folder(folder.path().join("platform"));
        let embedded = Embedded::start_with(|config| {
            config.objects = Some(objects);
            change(config);
        })
        .await?;
        let network = FaultProxy::start(embedded.http()).await?;
        let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url())
            .http(format!("http://{}", network.address()))
            .build()?;
        let camera = platform.device(SN, Camera::new()).connect().await?;
        let http = Http::new(embedded.http_url());
        Ok(Self { folder, embedded, network, platform, camera, http })
    }

    /// The platform, over no network that has faults.
    fn direct(&self) -> Result<Platform, edge_runtime::ConfigError> {
        let embedded = &self.embedded;
        Platform::at(embedded.connector_url(), embedded.mqtt_url()).http(embedded.http_url()).build()
    }

    /// A file of the device's.
    fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("device");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }

    /// The names of the device's files.
    fn files(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.folder.path().join("device"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// All files that the platform has: objects with their descriptions, and parts of uploads.
    fn kept(&self, kind: &str) -> Vec<PathBuf> {
        fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => walk(&path, found),
                    path => found.push(path),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.folder.path().join("platform").join(kind), &mut found);
        found
    }

    /// The content of an object, as anybody would get it.
    async fn content(&self, name: &str) -> Vec<u8> {
        let url = format!("{}/device/{SN}/object/{name}", self.http.url());
        reqwest::get(url).await.unwrap().bytes().await.unwrap().to_vec()
    }

    /// What the platform has as the picture.
    async fn picture(&self) -> Value {
        let state = self.embedded.state(SN, "picture").await.unwrap();
        state.map_or(Value::Null, |state| serde_json::from_str(state.value.get()).unwrap())
    }

    async fn close(self) -> Result<(), Box<dyn std::error::Error>> {
        self.camera.close().await?;
        self.embedded.close().await;
        Ok(())
    }
}

/// Something that is not the same anywhere.
fn noise(bytes: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(bytes as u64);
    let mut content = vec![0; bytes];
    random.fill(&mut content);
    content
}

/// The object, and all that its progress says.
fn followed(object: StorageObject) -> (StorageObject, Arc<Mutex<Vec<u64>>>) {
    let seen = Arc::<Mutex<Vec<u64>>>::default();
    let saw = Arc::clone(&seen);
    (object.on_progress(move |progress: Progress| saw.lock().unwrap().push(progress.bytes)), seen)
}

/// Where a transfer went on after each break.
fn continued(seen: &Mutex<Vec<u64>>) -> Vec<u64> {
    seen.lock().unwrap().windows(2).filter(|pair| pair[1] < pair[0]).map(|pair| pair[1]).collect()
}

/// Waits until so much of an object has arrived.
async fn reached(object: &StorageObject, bytes: u64) {
    while object.progress().bytes < bytes {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}
