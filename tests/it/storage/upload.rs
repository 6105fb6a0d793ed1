//! What is on its way to the platform.

use std::time::Duration;

use edge_runtime::storage::{Sha256, SyncEvent, SyncStatus};
use edge_runtime::{SetError, StorageError, StorageObject};
use edge_tests::TestResult;
use futures_util::poll;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{Captioned, MIB, World, continued, followed, noise, reached};

fn with_events(object: StorageObject) -> (StorageObject, mpsc::UnboundedReceiver<SyncEvent>) {
    let (sender, events) = mpsc::unbounded_channel();
    (object.on_sync(move |event| drop(sender.send(event))), events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v32_v34_v36_a_setter_uploads_and_then_sets() -> TestResult {
    let world = World::start().await?;
    let content = noise(3 * MIB + 1);
    let shot = StorageObject::file(world.file("shot.jpg", &content))
        .with_content_type("image/jpeg")
        .with_metadata("lens", "wide, 24 mm");
    let (shot, mut events) = with_events(shot);
    assert_eq!((shot.status(), shot.length(), shot.date()), (SyncStatus::NotInSync, None, None));

    world.camera.set_picture(Some(shot.clone())).await?.delivered().await?;

    let event = events.recv().await.unwrap();
    assert_eq!(
        (event.status, event.name, event.device.as_str()),
        (SyncStatus::InSync, Some("picture"), "CAM-1")
    );
    assert!(events.try_recv().is_err(), "one event");
    let length = content.len() as u64;
    assert_eq!(
        (shot.status(), shot.length(), shot.progress().bytes),
        (SyncStatus::InSync, Some(length), length)
    );
    assert_eq!(shot.sha256(), Some(Sha256::of(&content)));

    let state = world.http.wait_for_state("CAM-1", "picture", Value::is_object).await;
    assert_eq!(state["uri"], "/device/CAM-1/object/shot.jpg");
    assert_eq!(
        (&state["contentType"], &state["metadata"]["lens"]),
        (&"image/jpeg".into(), &"wide, 24 mm".into())
    );
    assert_eq!(
        (state["length"].as_u64(), state["sha256"].as_str()),
        (Some(length), Some(&*Sha256::of(&content).to_string()))
    );
    assert_eq!(state["date"].as_str(), Some(&*shot.date().unwrap().to_string()));
    assert_eq!(world.content("shot.jpg").await, content);
    assert_eq!(world.kept("uploads"), Vec::<std::path::PathBuf>::new());

    // The same again: no transfer, an event.
    world.network.cut();
    shot.sync(&world.camera.storage()).await?;
    assert_eq!(events.recv().await.unwrap().name, None);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_breaks_off_goes_on_where_it_was() -> TestResult {
    let world = World::start().await?;
    let content = noise(16 * MIB);
    let (shot, seen) = followed(StorageObject::file(world.file("shot.jpg", &content)));
    world.network.truncate_after(6 * MIB as u64);
    world.camera.set_picture(Some(shot.clone())).await?.delivered().await?;
    let places = continued(&seen);
    assert!(places.len() == 1 && places[0] >= MIB as u64, "it went on at {places:?}");
    assert_eq!(world.content("shot.jpg").await, content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_setter_that_is_dropped_has_set_nothing_and_its_upload_goes_on_later() -> TestResult {
    let world = World::start().await?;
    let content = noise(16 * MIB);
    let path = world.file("shot.jpg", &content);
    let shot = StorageObject::file(&path);
    world.network.set_rate(Some(32 * MIB as u32));
    tokio::select! {
        set = world.camera.set_picture(Some(shot.clone())) => panic!("{set:?}"),
        () = reached(&shot, 8 * MIB as u64) => {}
    }
    assert_eq!(shot.status(), SyncStatus::SyncFailed);
    assert_eq!(shot.error(), Some(StorageError::Cancelled { name: "shot.jpg".into() }));
    assert_eq!(world.picture().await, Value::Null);
    world.network.restore();

    // Another life of the program knows nothing but the file.
    let (again, seen) = followed(StorageObject::file(&path));
    world.camera.set_picture(Some(again)).await?.delivered().await?;
    let first = seen.lock().unwrap()[0];
    assert!(first > 0, "it began at the beginning");
    assert_eq!(world.content("shot.jpg").await, content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_uploaded_of_something_else_is_thrown_away() -> TestResult {
    let world = World::start().await?;
    let path = world.file("shot.jpg", &noise(8 * MIB));
    let modified = std::fs::metadata(&path)?.modified()?;
    let shot = StorageObject::file(&path);
    world.network.truncate_after(3 * MIB as u64);
    tokio::select! {
        set = world.camera.set_picture(Some(shot.clone())) => panic!("{set:?}"),
        () = async { while world.kept("uploads").is_empty() { tokio::task::yield_now().await } } => {}
    }
    // Another content that nobody can tell from the first one by looking at the file.
    let content = noise(8 * MIB).into_iter().rev().collect::<Vec<_>>();
    std::fs::write(&path, &content)?;
    std::fs::File::options().write(true).open(&path)?.set_modified(modified)?;
    world.network.restore();
    shot.sync(&world.camera.storage()).await?;
    assert_eq!(world.content("shot.jpg").await, content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_stands_still_is_begun_again() -> TestResult {
    let world = World::start().await?;
    let content = noise(16 * MIB);
    let (shot, seen) = followed(StorageObject::file(world.file("shot.jpg", &content)));
    let storage = world.camera.storage().patience(Duration::from_millis(500));
    let network = world.network.clone();
    let object = shot.clone();
    let fault = tokio::spawn(async move {
        reached(&object, 4 * MIB as u64).await;
        network.set_blackhole(true);
        // Until it was given up, and was begun again.
        tokio::time::sleep(Duration::from_secs(1)).await;
        network.restore();
    });
    shot.sync(&storage).await?;
    fault.await?;
    let places = continued(&seen);
    assert!(places.iter().all(|place| *place > 0), "it went on at {places:?}");
    assert_eq!(world.content("shot.jpg").await, content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v34_what_failed_is_tried_again_when_it_is_asked_for() -> TestResult {
    let world = World::start().await?;
    let (shot, mut events) = with_events(StorageObject::file(world.file("shot.jpg", &noise(MIB))));
    world.network.cut();
    let error = world.camera.set_picture(Some(shot.clone())).await.unwrap_err();
    let SetError::Storage { source, asset, .. } = error else { panic!("{error}") };
    assert!(source.is_retryable() && asset == "picture", "{source}");
    assert_eq!((shot.status(), shot.error()), (SyncStatus::SyncFailed, Some(source.as_ref().clone())));
    assert_eq!((world.camera.picture(), world.picture().await), (None, Value::Null));
    world.network.restore();
    world.camera.set_picture(Some(shot.clone())).await?.delivered().await?;
    let statuses = [events.recv().await.unwrap().status, events.recv().await.unwrap().status];
    assert_eq!(statuses, [SyncStatus::SyncFailed, SyncStatus::InSync]);
    assert!(events.try_recv().is_err(), "one for each call");
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v35_two_calls_are_one_transfer_and_two_events() -> TestResult {
    let world = World::start().await?;
    let (shot, mut events) = with_events(StorageObject::file(world.file("shot.jpg", &noise(MIB))));
    let storage = world.camera.storage();
    let (first, second) = tokio::join!(shot.sync(&storage), shot.sync(&storage));
    first?;
    second?;
    assert_eq!(events.recv().await.unwrap().status, SyncStatus::InSync);
    assert_eq!(events.recv().await.unwrap().status, SyncStatus::InSync);
    assert_eq!(world.kept("objects").len(), 2, "a content and its description");
    world.close().await
}

/// It failed as the first one did, as one that was given up, which it was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v35_a_call_that_waits_for_one_that_is_dropped_takes_its_transfer_over() -> TestResult {
    let world = World::start().await?;
    let content = noise(MIB);
    let (shot, mut events) = with_events(StorageObject::file(world.file("shot.jpg", &content)));
    let storage = world.camera.storage();
    world.network.set_blackhole(true);
    let (mut first, mut second) = (Box::pin(shot.sync(&storage)), Box::pin(shot.sync(&storage)));
    assert!(poll!(&mut first).is_pending() && poll!(&mut second).is_pending());
    drop(first);
    assert_eq!(shot.status(), SyncStatus::SyncFailed);
    assert!(poll!(&mut second).is_pending());
    assert_eq!(shot.status(), SyncStatus::SyncPending);
    world.network.restore();
    second.await?;
    assert_eq!((shot.status(), world.content("shot.jpg").await), (SyncStatus::InSync, content));
    assert_eq!(events.recv().await.unwrap().status, SyncStatus::InSync);
    assert!(events.try_recv().is_err(), "none of the one that was dropped");
    world.close().await
}

/// The one that was given last hears of every call that ends from then on. In the source, giving one forgets what was to be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v35_of_the_closures_that_were_given_the_last_one_hears_of_every_call() -> TestResult {
    let world = World::start().await?;
    let storage = world.camera.storage();
    let (shot, mut first) = with_events(StorageObject::file(world.file("shot.jpg", &noise(MIB))));
    let (shot, mut second) = with_events(shot);
    world.network.set_blackhole(true);
    let call = || {
        let (shot, storage) = (shot.clone(), storage.clone());
        tokio::spawn(async move { shot.sync(&storage).await })
    };
    let calls = [call(), call()];
    while shot.status() != SyncStatus::SyncPending {
        tokio::task::yield_now().await;
    }
    // On their way, both of them.
    let (shot, mut third) = with_events(shot.clone());
    world.network.restore();
    for call in calls {
        call.await??;
    }
    let event = (third.recv().await.unwrap(), third.recv().await.unwrap());
    assert_eq!((event.0.status, event.1.status), (SyncStatus::InSync, SyncStatus::InSync));
    // Between two calls as well; a clone is the same object.
    let (again, mut last) = with_events(shot.clone());
    shot.sync(&storage).await?;
    again.sync(&storage).await?;
    for _ in 0..2 {
        assert_eq!(last.recv().await.unwrap().status, SyncStatus::InSync);
    }
    for earlier in [&mut first, &mut second, &mut third, &mut last] {
        assert!(earlier.try_recv().is_err(), "nobody else, and nothing twice");
    }
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_is_replaced_in_one_step() -> TestResult {
    let world = World::start().await?;
    for round in 1..=3 {
        let content = noise(MIB + round);
        let shot = StorageObject::file(world.file("shot.jpg", &content));
        world.camera.set_picture(Some(shot)).await?.delivered().await?;
        assert_eq!(world.content("shot.jpg").await, content);
        assert_eq!(world.kept("objects").len(), 2, "what was replaced is gone");
    }
    let empty = StorageObject::file(world.file("empty", b""));
    world.camera.set_picture(Some(empty.clone())).await?.delivered().await?;
    assert_eq!((empty.length(), world.content("empty").await), (Some(0), Vec::new()));
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_inside_of_values_and_transactions_are_uploaded_too() -> TestResult {
    let world = World::start().await?;
    let shot = StorageObject::file(world.file("shot.jpg", b"one"));
    let album = Captioned { caption: "The first one".into(), object: Some(shot) };
    world.camera.set_album(Some(album)).await?.delivered().await?;
    let state = world.http.wait_for_state("CAM-1", "album", Value::is_object).await;
    assert_eq!(state["object"]["uri"], "/device/CAM-1/object/shot.jpg");

    let (other, third) = (world.file("other.jpg", b"two"), world.file("third.jpg", b"three"));
    let third = Captioned { caption: "The third one".into(), object: Some(StorageObject::file(third)) };
    let both = world.camera.update(|camera| {
        camera.picture = Some(StorageObject::file(other));
        camera.album = Some(third);
    });
    both.await?.delivered().await?;
    world.http.wait_for_state("CAM-1", "album", |state| state["caption"] == "The third one").await;
    assert_eq!(
        (world.content("other.jpg").await, world.content("third.jpg").await),
        (b"two".to_vec(), b"three".to_vec())
    );
    world.http.wait_for_state("CAM-1", "picture", |state| state["name"] == "other.jpg").await;
    world.close().await
}
