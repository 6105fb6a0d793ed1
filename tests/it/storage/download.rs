//! What is on its way from the platform.

use std::time::Duration;

use edge_runtime::storage::SyncStatus;
use edge_runtime::{AssetValue as _, StorageError, StorageObject};
use edge_tests::TestResult;

use super::{MIB, World, continued, followed, noise, reached};

/// An object that the platform has, as the device's value.
async fn stored(world: &World, content: &[u8]) -> Result<StorageObject, Box<dyn std::error::Error>> {
    let source = StorageObject::file(world.file("source", content)).with_name("fw.bin");
    let source = source.with_content_type("image/x-fw").with_encoding("gzip").with_metadata("version", "7");
    world.camera.set_picture(Some(source)).await?;
    std::fs::remove_file(world.path("source"))?;
    Ok(world.camera.picture().expect("it was set"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_a_content_takes_its_files_place_as_a_whole() -> TestResult {
    let world = World::start().await?;
    let content = noise(3 * MIB + 1);
    let mut object = stored(&world, &content).await?;
    let path = world.file("fw.bin", b"what was there");
    object.set_output_path(&path)?;
    assert_eq!((object.status(), std::fs::read(&path)?), (SyncStatus::NotInSync, b"what was there".to_vec()));
    object.sync(&world.camera.storage()).await?;
    assert_eq!((object.status(), std::fs::read(&path)?), (SyncStatus::InSync, content.clone()));
    let deep = world.path("new").join("folder").join("fw.bin");
    object.download(&world.camera.storage(), &deep).await?;
    assert_eq!(std::fs::read(&deep)?, content);
    assert_eq!(world.files(), ["fw.bin", "new"]);
    world.close().await
}

/// As with `createStorageObject(name)` and `setOutputPath`: who knows the name has the content. It was refused, as an object
/// without any path.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v32_v33_an_object_is_downloaded_by_its_name() -> TestResult {
    let world = World::start().await?;
    let content = noise(MIB);
    let known = stored(&world, &content).await?;
    let mut object = StorageObject::new("fw.bin");
    assert_eq!((object.length(), object.date(), object.uri()), (None, None, None));
    object.set_output_path(world.path("copy.bin"))?;
    object.sync(&world.camera.storage()).await?;
    assert_eq!(std::fs::read(world.path("copy.bin"))?, content);
    let same = (known.length(), known.sha256(), known.uri());
    assert_eq!((object.length(), object.sha256(), object.uri()), same);
    let said = |object: &StorageObject| {
        let (content_type, encoding) =
            (object.content_type().to_owned(), object.encoding().map(str::to_owned));
        // HTTP says dates to the second.
        let date = object.date().map(|date| date.as_second());
        (content_type, encoding, object.metadata().clone(), date)
    };
    assert_eq!(said(&object), said(&known), "the platform has said what nobody else has");
    assert_eq!(object.status(), SyncStatus::InSync);
    // What is not there is said so, and what is no name is no request.
    let error = StorageObject::new("none.bin")
        .download(&world.camera.storage(), world.path("none"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, StorageError::NotFound { object, .. } if object.ends_with("/none.bin")),
        "{error}"
    );
    let error =
        StorageObject::new("../x").download(&world.camera.storage(), world.path("none")).await.unwrap_err();
    assert!(matches!(&error, StorageError::Description { .. }), "{error}");
    // What a message has named and was changed since is another object, of which only the name is known.
    let told = serde_json::json!({ "uri": known.uri(), "name": "fw.bin" });
    let changed = StorageObject::decode(told)?.with_content_type("text/plain");
    let error = changed.download(&world.camera.storage(), world.path("none")).await.unwrap_err();
    assert!(matches!(&error, StorageError::NoPath { .. }), "{error}");
    assert_eq!(world.files(), ["copy.bin"]);
    world.close().await
}

/// Its part has a name of its own, which was longer than any may be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_may_have_the_longest_of_names() -> TestResult {
    let world = World::start().await?;
    let content = noise(MIB);
    let object = stored(&world, &content).await?;
    let name = format!("{}.bin", "ü".repeat(125));
    let path = world.path(&name);
    object.download(&world.camera.storage(), &path).await?;
    assert_eq!((std::fs::read(&path)?, world.files()), (content, vec![name]));
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_breaks_off_goes_on_where_it_was() -> TestResult {
    let world = World::start().await?;
    let content = noise(16 * MIB);
    let (object, seen) = followed(stored(&world, &content).await?);
    let mut object = object;
    object.set_output_path(world.path("fw.bin"))?;
    world.network.set_rate(Some(32 * MIB as u32));
    let (network, watched) = (world.network.clone(), object.clone());
    let fault = tokio::spawn(async move {
        reached(&watched, 4 * MIB as u64).await;
        network.reset();
        network.set_rate(None);
    });
    object.sync(&world.camera.storage()).await?;
    fault.await?;
    let begins = seen.lock().unwrap().windows(2).filter(|pair| pair[1] == pair[0]).count();
    assert!(continued(&seen).is_empty() && begins >= 1, "it went on at {:?}", seen.lock().unwrap());
    assert_eq!(std::fs::read(world.path("fw.bin"))?, content);
    assert_eq!(world.files(), ["fw.bin"]);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_stands_still_is_begun_again_and_one_that_is_dropped_goes_on() -> TestResult {
    let world = World::start().await?;
    let content = noise(16 * MIB);
    let mut object = stored(&world, &content).await?;
    let path = world.file("fw.bin", b"what was there");
    object.set_output_path(&path)?;
    let storage = world.camera.storage().patience(Duration::from_millis(500));
    world.network.set_rate(Some(32 * MIB as u32));
    tokio::select! {
        synced = object.sync(&storage) => panic!("{synced:?}"),
        () = reached(&object, 4 * MIB as u64) => {}
    }
    assert_eq!(
        (object.status(), std::fs::read(&path)?),
        (SyncStatus::SyncFailed, b"what was there".to_vec())
    );
    let (again, seen) = followed(object.clone());
    world.network.set_blackhole(true);
    let (network, restore) = (world.network.clone(), Duration::from_secs(1));
    let fault = tokio::spawn(async move {
        tokio::time::sleep(restore).await;
        network.restore();
    });
    again.sync(&storage).await?;
    fault.await?;
    assert!(seen.lock().unwrap()[0] >= MIB as u64, "it began at {}", seen.lock().unwrap()[0]);
    assert_eq!(std::fs::read(&path)?, content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_content_that_is_not_what_it_should_be_lands_nowhere() -> TestResult {
    let world = World::start().await?;
    let object = stored(&world, &noise(2 * MIB)).await?;
    let path = world.file("fw.bin", b"what was there");
    // A bit of the platform's disk has flipped.
    let content = world.kept("objects").into_iter().find(|path| !path.ends_with("about")).unwrap();
    let mut bytes = std::fs::read(&content)?;
    bytes[MIB] ^= 1;
    std::fs::write(&content, &bytes)?;
    let error = object.download(&world.camera.storage(), &path).await.unwrap_err();
    assert!(matches!(error, StorageError::Digest { .. }), "{error}");
    assert_eq!(
        (std::fs::read(&path)?, world.files()),
        (b"what was there".to_vec(), vec!["fw.bin".to_owned()])
    );

    // Another one has come in its place meanwhile.
    let newer = StorageObject::file(world.file("newer", b"newer")).with_name("fw.bin");
    newer.sync(&world.camera.storage()).await?;
    let error = object.download(&world.camera.storage(), &path).await.unwrap_err();
    assert_eq!(error, StorageError::Replaced { object: "/device/CAM-1/object/fw.bin".into() });
    assert_eq!(std::fs::read(&path)?, b"what was there");
    world.close().await
}

#[tokio::test]
async fn v33_an_output_path_that_cannot_be_written() -> TestResult {
    let world = World::start().await?;
    let object = stored(&world, b"content").await?;
    let storage = world.camera.storage();
    let (file, folder) = (world.file("file", b"what was there"), world.path(""));
    for path in [folder.clone(), file.join("below-a-file"), "/".into(), "/proc/edge/none".into()] {
        let error = object.download(&storage, &path).await.unwrap_err();
        assert!(matches!(&error, StorageError::Write { path: named, .. } if *named == path), "{error}");
    }
    assert_eq!((std::fs::read(&file)?, world.files()), (b"what was there".to_vec(), vec!["file".to_owned()]));
    world.close().await
}
