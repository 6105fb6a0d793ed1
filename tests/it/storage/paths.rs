//! Paths that are the same: of one object's way there and its way back, and of two objects.

use edge_runtime::storage::SyncStatus;
use edge_runtime::{StorageError, StorageObject};
use edge_tests::TestResult;

use super::{MIB, World, noise, reached};

/// An object under this name, which the platform has.
async fn stored(world: &World, name: &str, content: &[u8]) -> Result<StorageObject, StorageError> {
    let path = world.file("source", content);
    let object = StorageObject::file(&path).with_name(name);
    object.sync(&world.camera.storage()).await?;
    std::fs::remove_file(path).unwrap();
    Ok(object)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_an_output_path_that_is_the_input_path_excludes_it_and_gets_the_content_back() -> TestResult {
    let world = World::start().await?;
    let (storage, content) = (world.camera.storage(), noise(MIB));
    let path = world.file("shot.jpg", &content);
    // Nothing is stored under its name yet: there is nothing to download, and the file is not touched.
    let mut early = StorageObject::file(&path);
    early.set_output_path(&path)?;
    assert_eq!((early.input_path(), early.output_path()), (None, Some(path.as_path())));
    let error = early.sync(&storage).await.unwrap_err();
    assert!(
        matches!(&error, StorageError::NotFound { object, .. } if object.ends_with("/shot.jpg")),
        "{error}"
    );
    assert_eq!(std::fs::read(&path)?, content);

    let mut shot = StorageObject::file(&path);
    shot.sync(&storage).await?;
    shot.set_output_path(&path)?;
    assert_eq!((shot.input_path(), shot.status()), (None, SyncStatus::NotInSync));
    std::fs::write(&path, b"what has become of it")?;
    shot.sync(&storage).await?;
    assert_eq!((shot.status(), std::fs::read(&path)?), (SyncStatus::InSync, content));
    assert_eq!(world.files(), ["shot.jpg"]);
    world.close().await
}

/// The same path again is no change of the path: but there may be another content in the file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_the_same_input_path_again_is_uploaded_again() -> TestResult {
    let world = World::start().await?;
    let storage = world.camera.storage();
    let path = world.file("shot.jpg", b"one");
    let mut shot = StorageObject::file(&path);
    shot.sync(&storage).await?;
    std::fs::write(&path, b"another")?;
    shot.sync(&storage).await?;
    assert_eq!(world.content("shot.jpg").await, b"one", "in sync is in sync");
    shot.set_input_path(&path)?;
    assert_eq!((shot.status(), shot.length(), shot.uri()), (SyncStatus::NotInSync, None, None));
    shot.sync(&storage).await?;
    assert_eq!((world.content("shot.jpg").await, shot.length()), (b"another".to_vec(), Some(7)));
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_one_file_is_the_input_of_two_objects_at_the_same_time() -> TestResult {
    let world = World::start().await?;
    let (storage, content) = (world.camera.storage(), noise(4 * MIB));
    let path = world.file("shot.jpg", &content);
    let (one, other) = (StorageObject::file(&path), StorageObject::file(&path).with_name("copy.jpg"));
    world.network.set_rate(Some(16 * MIB as u32));
    let (first, second) = tokio::join!(one.sync(&storage), other.sync(&storage));
    first?;
    second?;
    for name in ["shot.jpg", "copy.jpg"] {
        assert_eq!(world.content(name).await, content, "{name}");
    }
    assert_eq!(
        (one.uri(), other.uri()),
        (Some("/device/CAM-1/object/shot.jpg".to_owned()), Some("/device/CAM-1/object/copy.jpg".to_owned()),)
    );
    assert!(world.kept("uploads").is_empty());
    world.close().await
}

/// Two that are the same to the platform, and do not know each other: one upload is the other's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_one_file_under_one_name_in_two_objects_arrives_whole() -> TestResult {
    let world = World::start().await?;
    let (storage, content) = (world.camera.storage(), noise(4 * MIB));
    let path = world.file("shot.jpg", &content);
    let (one, other) = (StorageObject::file(&path), StorageObject::file(&path));
    world.network.set_rate(Some(16 * MIB as u32));
    let (first, second) = tokio::join!(one.sync(&storage), other.sync(&storage));
    first?;
    second?;
    assert_eq!((one.status(), other.status()), (SyncStatus::InSync, SyncStatus::InSync));
    assert_eq!((world.content("shot.jpg").await, one.sha256()), (content, other.sha256()));
    assert_eq!(world.kept("objects").len(), 2, "a content and its description");
    assert!(world.kept("uploads").is_empty());
    world.close().await
}

/// What is uploaded is what was opened; what is downloaded takes the file's place meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_a_file_is_replaced_by_a_download_while_it_is_uploaded() -> TestResult {
    let world = World::start().await?;
    let (old, new) = (noise(8 * MIB), noise(MIB + 3));
    let newer = stored(&world, "newer.jpg", &new).await?;
    let path = world.file("shot.jpg", &old);
    let shot = StorageObject::file(&path);
    world.network.set_rate(Some(8 * MIB as u32));
    let (storage, direct) = (world.camera.storage(), world.direct()?);
    let other = direct.device("CAM-2", super::Camera::new()).connect().await?;
    let (uploaded, downloaded) = tokio::join!(shot.sync(&storage), async {
        reached(&shot, MIB as u64).await;
        newer.download(&other.storage(), &path).await
    });
    uploaded?;
    downloaded?;
    assert_eq!(world.content("shot.jpg").await, old);
    assert_eq!((std::fs::read(&path)?, world.files()), (new, vec!["shot.jpg".to_owned()]));
    other.close().await?;
    world.close().await
}

/// Whoever is first has the place of a content; of two contents, one is there as a whole.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v33_two_objects_with_one_output_path() -> TestResult {
    let world = World::start().await?;
    let storage = world.camera.storage();
    let (one, other) = (noise(4 * MIB), noise(4 * MIB + 1));
    let (first, second) = (stored(&world, "one", &one).await?, stored(&world, "other", &other).await?);
    let path = world.path("out");
    world.network.set_rate(Some(16 * MIB as u32));
    let (a, b) = tokio::join!(first.download(&storage, &path), second.download(&storage, &path));
    a?;
    b?;
    let found = std::fs::read(&path)?;
    assert!(found == one || found == other);

    std::fs::write(&path, b"what was there")?;
    let (a, b) = tokio::join!(first.download(&storage, &path), first.download(&storage, &path));
    let refused = match (a, b) {
        (Ok(()), Err(error)) | (Err(error), Ok(())) => error,
        both => panic!("{both:?}"),
    };
    assert!(matches!(&refused, StorageError::Write { path: named, .. } if *named == path), "{refused}");
    assert!(refused.to_string().contains("it is being downloaded already"), "{refused}");
    assert_eq!((std::fs::read(&path)?, world.files()), (one, vec!["out".to_owned()]));
    world.close().await
}
