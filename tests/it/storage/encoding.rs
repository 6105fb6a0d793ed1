//! Contents that are compressed: kept as they come, and given back with the word for how.

use edge_runtime::StorageObject;
use edge_tests::TestResult;
use serde_json::Value;

use super::{MIB, World, noise};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_encoding_is_kept_and_given_back_with_the_content_as_it_was() -> TestResult {
    let world = World::start().await?;
    // Whether it really is compressed is nobody's business.
    let content = noise(2 * MIB);
    let log = StorageObject::file(world.file("log.gz", &content))
        .with_content_type("text/plain")
        .with_encoding("gzip");
    world.camera.set_picture(Some(log)).await?.delivered().await?;
    let state = world.http.wait_for_state("CAM-1", "picture", Value::is_object).await;
    assert_eq!((&state["encoding"], &state["contentType"]), (&"gzip".into(), &"text/plain".into()));

    let url = format!("{}/device/CAM-1/object/log.gz", world.http.url());
    let client = reqwest::Client::new();
    let whole = client.get(&url).send().await?;
    assert_eq!((whole.status().as_u16(), &whole.headers()["content-encoding"]), (200, &"gzip".parse()?));
    assert!(whole.bytes().await? == content);
    let head = client.head(&url).send().await?;
    assert_eq!(head.headers()["content-encoding"], "gzip");
    let part = client.get(&url).header("range", "bytes=5-9").send().await?;
    assert_eq!((part.status().as_u16(), &part.headers()["content-encoding"]), (206, &"gzip".parse()?));
    assert_eq!(part.bytes().await?, content[5..10]);

    // As a device gets it, which looks at its digest.
    let path = world.path("down.gz");
    let object = world.camera.picture().expect("it was set");
    assert_eq!(object.encoding(), Some("gzip"));
    object.download(&world.camera.storage(), &path).await?;
    assert!(std::fs::read(path)? == content);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plain_request_says_an_encoding_and_another_content_has_none() -> TestResult {
    let world = World::start().await?;
    let url = format!("{}/device/CAM-1/object/page.html", world.http.url());
    let client = reqwest::Client::new();
    let put = client.put(&url).header("content-encoding", "deflate, br").body("not a page").send().await?;
    assert_eq!(put.status(), 201);
    let stored: Value = put.json().await?;
    assert_eq!(stored["encoding"], "deflate, br");
    assert_eq!(client.get(&url).send().await?.headers()["content-encoding"], "deflate, br");
    let all = world.http.get("/device/CAM-1/objects").await?.1;
    assert_eq!(all, Value::Array(vec![stored]));
    client.put(&url).body("a page").send().await?.error_for_status()?;
    let plain = client.get(&url).send().await?;
    assert!(!plain.headers().contains_key("content-encoding"));
    assert_eq!(plain.text().await?, "a page");
    world.close().await
}
