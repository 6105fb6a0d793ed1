//! What cannot be: typed errors, states and files as they were.

use std::time::Duration;

use edge_runtime::storage::SyncStatus;
use edge_runtime::{SetError, StorageError, StorageObject};
use edge_tests::TestResult;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{MIB, SN, World, noise, reached};

/// Sets it, and says why it is not set.
async fn refusal(world: &World, object: StorageObject) -> StorageError {
    let error = world.camera.set_picture(Some(object.clone())).await.unwrap_err();
    assert_eq!(error.to_string(), "device `CAM-1`, asset `picture`: an object in it was not uploaded");
    let SetError::Storage { device, asset, source } = error else { panic!("{error}") };
    assert_eq!((device.as_str(), asset.as_str()), ("CAM-1", "picture"));
    assert_eq!((object.status(), world.camera.picture()), (SyncStatus::SyncFailed, None));
    assert_eq!(world.picture().await, Value::Null);
    source.as_ref().clone()
}

#[tokio::test]
async fn v33_an_input_path_that_cannot_be_read() -> TestResult {
    let world = World::start().await?;
    let missing = world.path("missing.jpg");
    let error = refusal(&world, StorageObject::file(&missing)).await;
    assert!(matches!(&error, StorageError::Read { path, .. } if *path == missing), "{error}");
    let error = refusal(&world, StorageObject::file(missing.parent().unwrap())).await;
    assert!(error.to_string().contains("it is not a file"), "{error}");
    // Where there was nothing there is nothing now, here and there.
    assert!(world.files().is_empty() && world.kept("").is_empty());
    world.close().await
}

/// Whoever opens a pipe waits for who writes to it: that is no file, and must not keep a setter, or a program that ends,
/// waiting.
#[tokio::test]
async fn v33_an_input_path_that_is_a_pipe() -> TestResult {
    let world = World::start().await?;
    let pipe = world.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
    let refused = timeout(Duration::from_secs(10), refusal(&world, StorageObject::file(&pipe))).await;
    // Lets go of whoever waits for a writer, so that this program can end.
    let _writer = std::fs::File::options().read(true).write(true).open(&pipe)?;
    let error = refused?;
    assert!(matches!(&error, StorageError::Read { path, .. } if *path == pipe), "{error}");
    assert!(error.to_string().contains("it is not a file"), "{error}");
    world.close().await
}

#[tokio::test]
async fn a_name_that_could_leave_its_folder() -> TestResult {
    let world = World::start().await?;
    let path = world.file("shot.jpg", b"x");
    let long = "n".repeat(129);
    for name in
        ["", "..", "../shot.jpg", "a/b", "/etc/passwd", ".hidden", "a\\b", "a\0b", "nul\n", "ä.jpg", &long]
    {
        let error = refusal(&world, StorageObject::file(&path).with_name(name)).await;
        assert!(matches!(error, StorageError::Description { .. }), "{name:?}: {error}");
    }
    for object in [
        StorageObject::file(&path).with_content_type("image/jpeg\r\nx: y"),
        StorageObject::file(&path).with_metadata("", "x"),
        StorageObject::file(&path).with_metadata("lens", ""),
    ] {
        let error = refusal(&world, object).await;
        assert!(matches!(error, StorageError::Description { .. }), "{error}");
    }
    // Nor may it be the name under which something comes back.
    for uri in [
        "/device/CAM-1/object/../a",
        "/device/CAM-1/object/.a",
        "/device/../object/a",
        "/device/CAM-1/object/a%2fb",
    ] {
        let error = world.camera.set("picture", serde_json::json!({ "uri": uri })).await.unwrap_err();
        assert!(error.to_string().contains("not a valid object address"), "{uri}: {error}");
        assert_eq!(world.camera.picture(), None);
    }
    assert!(world.kept("").is_empty());
    assert_eq!((world.files(), std::fs::read(&path)?), (vec!["shot.jpg".to_owned()], b"x".to_vec()));
    world.close().await
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read() -> TestResult {
    let world = World::start().await?;
    let path = world.file("shot.jpg", &noise(8 * MIB));
    let shot = StorageObject::file(&path);
    world.network.set_rate(Some(16 * MIB as u32));
    let (refused, ()) = tokio::join!(refusal(&world, shot.clone()), async {
        reached(&shot, MIB as u64).await;
        std::fs::write(&path, b"something else").unwrap();
        world.network.restore();
    });
    assert_eq!(refused, StorageError::Changed { path });
    world.close().await
}

#[tokio::test]
async fn more_than_the_platform_takes() -> TestResult {
    let world = World::start_with(|config| config.max_object = 1000).await?;
    let shot = StorageObject::file(world.file("shot.jpg", &noise(1001)));
    let error = refusal(&world, shot).await;
    assert!(matches!(&error, StorageError::Rejected { status: 413, .. }), "{error}");
    assert!(error.to_string().contains("at most 1000 bytes"), "{error}");
    assert!(world.kept("").is_empty());
    let fits = StorageObject::file(world.file("shot.jpg", &noise(1000)));
    world.camera.set_picture(Some(fits)).await?;
    world.close().await
}

#[tokio::test]
async fn more_objects_than_a_device_may_have() -> TestResult {
    let world = World::start_with(|config| config.max_objects = 2).await?;
    let object = |name: &str, bytes| StorageObject::file(world.file(name, &noise(bytes)));
    for name in ["one.jpg", "two.jpg"] {
        world.camera.set_picture(Some(object(name, 1000))).await?;
    }
    let error = world.camera.set_picture(Some(object("three.jpg", 1000))).await.unwrap_err();
    let SetError::Storage { source, .. } = error else { panic!("{error}") };
    assert!(matches!(*source, StorageError::Rejected { status: 507, .. }), "{source}");
    assert!(source.to_string().contains("at most 2 objects"), "{source}");
    // What is there may be replaced, and one that is deleted makes room.
    world.camera.set_picture(Some(object("two.jpg", 1001))).await?;
    let url = format!("{}/device/{SN}/object/one.jpg", world.http.url());
    assert_eq!(reqwest::Client::new().delete(url).send().await?.status(), 204);
    world.camera.set_picture(Some(object("three.jpg", 1000))).await?;
    world.close().await
}

#[tokio::test]
async fn what_is_no_object_yet_is_no_value() -> TestResult {
    let world = World::start().await?;
    let mut object = StorageObject::new("shot.jpg");
    let error = object.sync(&world.camera.storage()).await.unwrap_err();
    assert_eq!(error, StorageError::NoPath { name: "shot.jpg".into() });
    let error = world.camera.set_picture(Some(object.clone())).await.unwrap_err();
    assert!(matches!(error, SetError::Refused { .. }), "{error}");
    // One path excludes the other, and none is changed on the way.
    object.set_output_path("out")?;
    object.set_input_path(world.file("shot.jpg", &noise(MIB)))?;
    assert_eq!((object.output_path(), object.status()), (None, SyncStatus::NotInSync));
    world.network.set_blackhole(true);
    let sync = object.clone();
    let storage = world.camera.storage();
    let syncing = tokio::spawn(async move { sync.sync(&storage).await });
    while object.status() != SyncStatus::SyncPending {
        tokio::task::yield_now().await;
    }
    let pending = || Err(StorageError::Pending { name: "shot.jpg".into() });
    assert_eq!((object.set_output_path("out"), object.set_input_path("in")), (pending(), pending()));
    assert_eq!(object.input_path(), Some(world.path("shot.jpg").as_path()));
    world.network.restore();
    syncing.await??;
    object.set_output_path("out")?;
    assert_eq!((object.input_path(), object.status()), (None, SyncStatus::NotInSync));
    world.close().await
}

#[tokio::test]
async fn a_device_has_the_storage_of_its_own_token() -> TestResult {
    let device = edge_platform::DeviceId::new("CAM-2")?;
    let tokens = edge_platform::Tokens::default().with("all").with_device("two", device);
    let embedded = edge_platform::Embedded::start_with(|config| {
        config.tokens = tokens;
        config.auto_create = true;
    })
    .await?;
    let client = reqwest::Client::new();
    let put = |device: &str, token: &str| {
        let url = format!("{}/device/{device}/object/a", embedded.http_url());
        client.put(url).bearer_auth(token).body("x").send()
    };
    assert_eq!(put("CAM-2", "two").await?.status(), 201);
    assert_eq!(put("CAM-1", "two").await?.status(), 403);
    assert_eq!(put("CAM-1", "none").await?.status(), 403);
    let get = |token: &str| {
        client.get(format!("{}/device/CAM-2/object/a", embedded.http_url())).bearer_auth(token).send()
    };
    assert_eq!(get("two").await?.text().await?, "x");
    assert_eq!(get("none").await?.status(), 403);
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn paths_in_requests_stay_in_their_folder() -> TestResult {
    let world = World::start().await?;
    for path in [
        "/device/CAM-1/object/..%2f..%2fescaped",
        "/device/CAM-1/object/%2e%2e",
        "/device/CAM-1/object/.hidden",
        "/device/CAM-1/object/a%00b",
        "/device/CAM-1/object/a%5cb",
        "/device/..%2fCAM-1/object/a",
        "/device/CAM-1/object/a/upload/..%2f..%2fescaped",
        "/device/CAM-1/object/a/upload/a.b",
    ] {
        let mut stream = tokio::net::TcpStream::connect(world.embedded.http()).await?;
        let method = if path.contains("/upload/") { "POST" } else { "PUT" };
        let request =
            format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
        stream.write_all(request.as_bytes()).await?;
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await?;
        assert!(reply.starts_with("HTTP/1.1 400 "), "{path}: {reply}");
    }
    assert!(world.kept("").is_empty());
    world.close().await
}

#[tokio::test]
async fn an_upload_that_is_truncated_is_no_object() -> TestResult {
    let world = World::start().await?;
    for body in
        ["Content-Length: 1000\r\n\r\nten bytes!", "Transfer-Encoding: chunked\r\n\r\na\r\nten bytes!\r\n"]
    {
        let mut stream = tokio::net::TcpStream::connect(world.embedded.http()).await?;
        let request = format!("PUT /device/CAM-1/object/shot.jpg HTTP/1.1\r\nHost: x\r\n{body}");
        stream.write_all(request.as_bytes()).await?;
        while world.kept("uploads").is_empty() {
            tokio::task::yield_now().await;
        }
        drop(stream);
        while !world.kept("uploads").is_empty() {
            tokio::task::yield_now().await;
        }
    }
    assert!(world.kept("objects").is_empty());
    assert_eq!(world.http.get("/device/CAM-1/object/shot.jpg").await?.0, 404);
    world.close().await
}
