//! Batches, where those of the source are wrong: sizes beyond 127, one bound beside another, and objects.

use std::time::Duration;

use edge_runtime::storage::SyncStatus;
use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{Batch, Device, StorageObject};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{TestResult, soon};

const SN: &str = "CAM-1";
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Device, Clone)]
struct Camera {
    #[asset]
    shots: u32,
    #[asset]
    picture: Option<StorageObject>,
}

async fn start(memory: &MemoryPlatform, batch: Batch) -> Result<CameraDevice, Box<dyn std::error::Error>> {
    let camera = memory.platform().device(SN, Camera { shots: 0, picture: None }).connect().await?;
    // What it says of itself at the start lets all that waits go.
    memory.message(|message| message.topic == format!("device/{SN}/state")).await;
    camera.set_batch(Some(batch));
    Ok(camera)
}

/// The states of single assets, in the order in which they came: the asset, and its value.
fn heard(memory: &MemoryPlatform) -> Vec<(String, Value)> {
    let state = |message: Message| {
        let topic = message.topic.strip_prefix("device/CAM-1/asset/")?.strip_suffix("/state")?.to_owned();
        let state: Value = serde_json::from_slice(&message.payload).unwrap();
        Some((topic, state["value"].clone()))
    };
    memory.messages().into_iter().filter_map(state).collect()
}

fn shots(numbers: std::ops::RangeInclusive<u32>) -> Vec<(String, Value)> {
    numbers.map(|number| ("shots".to_owned(), number.into())).collect()
}

#[tokio::test(start_paused = true)]
async fn v44_a_size_beyond_127_is_reached() -> TestResult {
    let memory = MemoryPlatform::new();
    let camera = start(&memory, Batch::new().size(200)).await?;
    for number in 1..200 {
        camera.set_shots(number).await?;
    }
    sleep(HOUR).await;
    assert_eq!((heard(&memory), camera.stats().pending), (vec![], 199));
    soon(camera.set_shots(200).await?.delivered()).await?;
    assert_eq!(heard(&memory), shots(1..=200));
    camera.close().await?;
    Ok(())
}

/// Of several such functions for a whole model the source runs the first; here each bound holds.
#[tokio::test(start_paused = true)]
async fn v44_size_and_time_of_one_batch_hold_both() -> TestResult {
    let memory = MemoryPlatform::new();
    let camera = start(&memory, Batch::new().size(3).every(MINUTE)).await?;
    // The size comes first.
    let begin = Instant::now();
    for number in 1..=2 {
        camera.set_shots(number).await?;
    }
    assert_eq!(heard(&memory), []);
    soon(camera.set_shots(3).await?.delivered()).await?;
    assert_eq!((heard(&memory), begin.elapsed() < MINUTE), (shots(1..=3), true));
    // Then the time does.
    let begin = Instant::now();
    camera.set_shots(4).await?;
    soon(camera.set_shots(5).await?.delivered()).await?;
    assert_eq!((heard(&memory), begin.elapsed().as_secs()), (shots(1..=5), MINUTE.as_secs()));
    // And the size again, of which nothing is left over.
    let begin = Instant::now();
    for number in 6..=7 {
        camera.set_shots(number).await?;
    }
    sleep(MINUTE / 2).await;
    assert_eq!(heard(&memory), shots(1..=5));
    soon(camera.set_shots(8).await?.delivered()).await?;
    assert_eq!((heard(&memory), begin.elapsed() < MINUTE), (shots(1..=8), true));
    camera.close().await?;
    Ok(())
}

/// A batch of the source forgets that a state has an object.
#[tokio::test]
async fn v37_v44_a_state_that_waits_in_a_batch_has_its_object_all_the_same() -> TestResult {
    let memory = MemoryPlatform::new();
    let camera = start(&memory, Batch::new().size(3)).await?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("shot.jpg");
    std::fs::write(&file, "a picture")?;
    let shot = StorageObject::file(file);
    camera.set_shots(1).await?;
    camera.set_picture(Some(shot.clone())).await?;
    assert_eq!((shot.status(), camera.stats().pending), (SyncStatus::InSync, 2));
    assert_eq!(heard(&memory), [], "its content is there, and it waits with the others");
    soon(camera.set_shots(2).await?.delivered()).await?;
    let heard = heard(&memory);
    let [(_, first), (picture, value), (_, last)] = &heard[..] else { panic!("{heard:?}") };
    assert_eq!((first, picture.as_str(), last), (&1.into(), "picture", &2.into()));
    let uri = value["uri"].as_str().unwrap();
    assert_eq!(memory.content(uri).as_deref(), Some(&b"a picture"[..]));
    camera.close().await?;
    Ok(())
}
