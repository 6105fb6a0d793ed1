//! A camera: takes a picture, and sets it as the asset's value. The platform has the content before anybody hears of
//! it.

#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use std::path::Path;

use edge_examples::{Demo, Result};
use edge_runtime::{Change, Device, HandlerResult, StorageObject};

/// Looks at the street.
#[derive(Device, Clone)]
#[device(model = "urn:example:camera:1")]
struct Camera {
    /// The last picture
    #[asset(kind = "sensor")]
    picture: Option<StorageObject>,
    /// Takes a picture when it is set
    #[asset(kind = "actuator", min = 1, max = 100)]
    exposure: u32,
}

struct Shutter {
    folder: tempfile::TempDir,
    shots: u32,
}

impl CameraHandler for Shutter {
    async fn on_exposure(&mut self, camera: &CameraDevice, change: Change<u32>) -> HandlerResult<u32> {
        self.shots += 1;
        let path = self.folder.path().join(format!("shot-{}.pgm", self.shots));
        take_picture(&path, change.value)?;
        let picture = StorageObject::file(path)
            .with_content_type("image/x-portable-graymap")
            .with_metadata("exposure", format!("{} ms", change.value))
            .on_sync(|event| println!("   {} is {}", event.object.name(), event.status));
        camera.set_picture(Some(picture)).await?;
        Ok(change.value)
    }
}

/// As good as a picture: longer exposure, brighter gradient.
fn take_picture(path: &Path, exposure: u32) -> std::io::Result<()> {
    let mut picture = b"P5 640 480 255\n".to_vec();
    picture.extend((0..640 * 480).map(|pixel: u32| (pixel % 640 * exposure / 250).min(255) as u8));
    std::fs::write(path, picture)
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    let shutter = Shutter { folder: tempfile::tempdir()?, shots: 0 };
    let first = Camera { picture: None, exposure: 20 };
    let camera = demo.platform.device("CAM-1", first).handler(shutter).connect().await?;
    println!("1. {} is online", camera.id());
    if let Some(outcome) = demo.command("CAM-1", "exposure", 50).await? {
        println!("2. exposure = 50: {outcome}");
    }
    let Some(picture) = camera.picture() else { return Ok(camera.close().await?) };
    println!("3. {} bytes at {}", picture.length().unwrap_or(0), picture.uri().unwrap_or_default());
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.pgm");
    picture.download(&camera.storage(), &copy).await?;
    println!("4. downloaded {} bytes, {}", std::fs::metadata(&copy)?.len(), picture.metadata()["exposure"]);
    camera.close().await?;
    demo.close().await;
    Ok(())
}
