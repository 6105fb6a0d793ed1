//! What an upload keeps waiting: its own message, and nothing else.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_platform::StateEvent;
use edge_runtime::storage::SyncStatus;
use edge_runtime::{ErrorCause, ErrorEvent, SetError, StorageObject};
use edge_tests::TestResult;
use serde_json::Value;
use tokio::sync::{broadcast, mpsc};
use tokio::time::timeout;

use super::{Camera, CameraDevice, CameraHandler, MIB, World, noise};

const PATIENCE: Duration = Duration::from_secs(60);

/// Keeps what it hears of errors.
#[derive(Clone, Debug, Default)]
struct Listener(Arc<Mutex<Vec<ErrorEvent>>>);

impl CameraHandler for Listener {
    async fn on_error(&mut self, _: &CameraDevice, error: &ErrorEvent) {
        self.0.lock().unwrap().push(error.clone());
    }
}

/// Waits until it is on its way.
async fn pending(object: &StorageObject) {
    while object.status() != SyncStatus::SyncPending {
        tokio::task::yield_now().await;
    }
}

/// The next state that the platform has of a device: the asset, and the value, or an object's name.
async fn next(states: &mut broadcast::Receiver<StateEvent>, device: &str) -> (String, Value) {
    loop {
        let event = timeout(PATIENCE, states.recv()).await.unwrap().unwrap();
        if event.device == device {
            let value: Value = serde_json::from_str(event.state.value.get()).unwrap();
            return (event.asset, value.get("name").cloned().unwrap_or(value));
        }
    }
}

/// The tenth expected result, in its words: an upload gates only its own message, its failure yields an error and
/// SYNC_FAILED, and later publishes still flow.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn o10_an_upload_gates_its_own_message_fails_with_an_error_and_the_rest_flows() -> TestResult {
    let world = World::start().await?;
    let heard = Listener::default();
    let camera = world.platform.device("CAM-2", Camera::new()).handler(heard.clone()).connect().await?;
    camera.set_light(0.5).await?.delivered().await?;
    // From here on the platform has the first states, and tells those that follow.
    world.http.wait_for_state("CAM-2", "light", |lux| *lux == 0.5).await;
    let (mut errors, mut states) = (camera.errors(), world.embedded.states());
    let (synced, mut events) = mpsc::unbounded_channel();
    let shot = StorageObject::file(world.file("shot.jpg", &noise(MIB)));
    let shot = shot.on_sync(move |event| drop(synced.send(event)));

    // It gates its own message: what is set before it and after it goes.
    world.network.set_blackhole(true);
    camera.set_light(1.0).await?.delivered().await?;
    let setting = tokio::spawn({
        let (camera, shot) = (camera.clone(), shot.clone());
        async move { camera.set_picture(Some(shot)).await }
    });
    pending(&shot).await;
    for lux in [2.0, 3.0] {
        camera.set_light(lux).await?.delivered().await?;
    }
    assert!(!setting.is_finished());
    assert_eq!((camera.stats().pending, camera.picture()), (0, None));

    // Its failure yields an error and SYNC_FAILED.
    world.network.cut();
    let SetError::Storage { asset, source, .. } = setting.await?.unwrap_err() else { panic!("not uploaded") };
    assert_eq!((asset.as_str(), shot.status().to_string().as_str()), ("picture", "SYNC_FAILED"));
    let told = timeout(PATIENCE, errors.recv()).await?.ok_or("the device runs")?;
    assert!(matches!(&told.cause, ErrorCause::Upload(cause) if *cause == source), "{told}");
    assert_eq!((told.assets().collect::<Vec<_>>(), told.will_be_retried()), (vec!["picture"], false));
    let event = timeout(PATIENCE, events.recv()).await?.ok_or("one event")?;
    assert_eq!((event.status, event.name), (SyncStatus::SyncFailed, Some("picture")));
    assert_eq!(event.error.as_ref(), Some(source.as_ref()));

    // Later publishes still flow, the same object's too.
    camera.set_light(4.0).await?.delivered().await?;
    world.network.restore();
    camera.set_picture(Some(shot.clone())).await?.delivered().await?;
    camera.set_light(5.0).await?.delivered().await?;
    assert_eq!(shot.status(), SyncStatus::InSync);
    let light = |lux: f64| ("light".to_owned(), Value::from(lux));
    let picture = ("picture".to_owned(), Value::from("shot.jpg"));
    for expected in [light(1.0), light(2.0), light(3.0), light(4.0), picture, light(5.0)] {
        assert_eq!(next(&mut states, "CAM-2").await, expected);
    }
    camera.close().await?;
    let heard: Vec<_> = heard.0.lock().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(heard, [told.to_string()], "the handler has heard it, once");
    world.close().await
}

/// Of two uploads, the one that is stuck does not keep the other one waiting.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v37_an_upload_that_is_stuck_keeps_no_other_one_up() -> TestResult {
    let world = World::start().await?;
    world.network.set_blackhole(true);
    let shot = StorageObject::file(world.file("shot.jpg", &noise(MIB)));
    let setting = tokio::spawn({
        let (camera, shot) = (world.camera.clone(), shot.clone());
        async move { camera.set_picture(Some(shot)).await }
    });
    pending(&shot).await;
    // A device of the same platform, whose network is not that one.
    let direct = world.direct()?;
    let other = direct.device("CAM-2", Camera::new()).connect().await?;
    let film = StorageObject::file(world.file("film.mp4", &noise(MIB + 1)));
    timeout(PATIENCE, other.set_picture(Some(film))).await??.delivered().await?;
    assert_eq!((shot.status(), setting.is_finished()), (SyncStatus::SyncPending, false));
    setting.abort();
    assert!(setting.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!((shot.status(), world.camera.picture()), (SyncStatus::SyncFailed, None));
    other.close().await?;
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v37_other_states_do_not_wait_for_an_upload() -> TestResult {
    let world = World::start().await?;
    let shot = StorageObject::file(world.file("shot.jpg", &noise(MIB)));
    world.network.set_blackhole(true);
    let (camera, object) = (world.camera.clone(), shot.clone());
    let setting = tokio::spawn(async move { camera.set_picture(Some(object)).await });
    pending(&shot).await;
    for lux in 1..=100 {
        world.camera.set_light(f64::from(lux)).await?.delivered().await?;
    }
    assert_eq!((world.picture().await, shot.status()), (Value::Null, SyncStatus::SyncPending));
    assert_eq!(world.camera.picture(), None);
    world.network.restore();
    setting.await??.delivered().await?;
    let state = world.http.wait_for_state("CAM-1", "picture", Value::is_object).await;
    assert_eq!(state["name"], "shot.jpg");
    world.close().await
}
