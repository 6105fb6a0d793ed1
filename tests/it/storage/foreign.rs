//! The platform's side, with curl as its client.

use std::process::Command;

use edge_runtime::storage::Sha256;
use edge_tests::{TestResult, peer};
use serde_json::Value;

use super::{MIB, World, noise};

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl").args(["-sS", "--max-time", "60"]).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn curl_stores_and_reads_objects() -> TestResult {
    if peer("curl").is_none() {
        return Ok(());
    }
    let world = World::start().await?;
    let content = noise(3 * MIB);
    let path = world.file("map.bin", &content);
    let (file, url) = (path.to_str().unwrap(), format!("{}/device/CAM-1/object/map.bin", world.http.url()));
    let digest = |content: &[u8]| format!("Repr-Digest: {}", Sha256::of(content).to_header());

    let wrong = curl(&["-T", file, "-H", &digest(b"something else"), "-w", " %{http_code}", &url]);
    assert!(wrong.ends_with(" 422") && wrong.contains("it was thrown away"), "{wrong}");
    assert!(world.kept("objects").is_empty() && world.kept("uploads").is_empty());

    let right = [
        "-T",
        file,
        "-H",
        &digest(&content),
        "-H",
        "Content-Type: application/x-map",
        "-H",
        "X-Object-Meta-Sheet: 7",
    ];
    let said: Value = serde_json::from_str(&curl(&[&right[..], &[&url]].concat()))?;
    assert_eq!(
        (&said["uri"], &said["length"]),
        (&"/device/CAM-1/object/map.bin".into(), &content.len().into())
    );
    assert_eq!(
        (&said["contentType"], &said["metadata"]["sheet"]),
        (&"application/x-map".into(), &"7".into())
    );

    let head = curl(&["-I", &url]).to_lowercase();
    for line in [
        "http/1.1 200 ok",
        &format!("content-length: {}", content.len()),
        "content-type: application/x-map",
        "content-disposition: attachment",
        "x-content-type-options: nosniff",
        "x-object-meta-sheet: 7",
        &format!("etag: \"{}\"", Sha256::of(&content)),
    ] {
        assert!(head.contains(line), "{line} is not in {head}");
    }

    // A download that broke off is gone on with.
    let part = world.file("part", &content[..MIB]);
    curl(&["-C", "-", "-o", part.to_str().unwrap(), &url]);
    assert_eq!(std::fs::read(&part)?, content);
    let status =
        |arguments: &[&str]| curl(&[&["-o", "/dev/null", "-w", "%{http_code}"], arguments, &[&url]].concat());
    assert_eq!(status(&["-r", "0-9"]), "206");
    assert_eq!(status(&["-H", &format!("Range: bytes={}-", content.len())]), "416");
    assert_eq!(status(&["-H", "If-Match: \"other\""]), "412");
    assert_eq!(status(&["-r", "0-9", "-H", "If-Range: \"other\""]), "200");

    let all: Value = serde_json::from_str(&curl(&[&format!("{}/device/CAM-1/objects", world.http.url())]))?;
    assert_eq!(all, serde_json::json!([said]));
    assert_eq!(status(&["-X", "DELETE"]), "204");
    assert_eq!((status(&[]), status(&["-X", "DELETE"])), ("404".to_owned(), "404".to_owned()));
    assert!(world.kept("objects").is_empty());
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_in_pieces_is_held_to_its_offsets() -> TestResult {
    let world = World::start().await?;
    let client = reqwest::Client::new();
    let url = format!("{}/device/CAM-1/object/map.bin/upload/one", world.http.url());
    let patch = |offset: u64, body: &'static str| {
        client.patch(&url).header("upload-offset", offset.to_string()).body(body).send()
    };
    let offset =
        |response: &reqwest::Response| response.headers()["upload-offset"].to_str().unwrap().to_owned();
    let begun = client.post(&url).header("upload-length", "10").send().await?;
    assert_eq!((begun.status().as_u16(), offset(&begun)), (204, "0".to_owned()));
    assert_eq!(offset(&patch(0, "first").await?), "5");
    assert_eq!(patch(0, "again").await?.status(), 409);
    assert_eq!(patch(9, "later").await?.status(), 409);
    assert_eq!(client.patch(&url).body("x").send().await?.status(), 400);
    assert_eq!(offset(&client.post(&url).send().await?), "5");

    let complete = |length: &str, description: Value| {
        client.put(&url).header("upload-length", length.to_owned()).json(&description).send()
    };
    let said =
        || serde_json::json!({"contentType": "text/plain", "sha256": Sha256::of(b"firstlast!").to_string()});
    assert_eq!(complete("10", said()).await?.status(), 409, "it is not all there");
    assert_eq!(offset(&patch(5, "last!").await?), "10");
    assert_eq!(complete("10", serde_json::json!({"contentType": ""})).await?.status(), 400);
    let stored = complete("10", said()).await?;
    assert_eq!(stored.status(), 201);
    let stored: Value = stored.json().await?;
    // An answer that was lost is had by asking again.
    assert_eq!(complete("10", said()).await?.json::<Value>().await?, stored);
    assert_eq!(world.content("map.bin").await, b"firstlast!");

    assert_eq!(offset(&patch(0, "thrown away").await?), "11");
    assert_eq!(client.delete(&url).send().await?.status(), 204);
    assert!(world.kept("uploads").is_empty());
    let nowhere = format!("{}/device/NONE/object/map.bin", world.http.url());
    assert_eq!(client.put(nowhere).body("x").send().await?.status(), 404);
    world.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_is_deleted_leaves_nothing_behind() -> TestResult {
    let world = World::start().await?;
    let client = reqwest::Client::new();
    let url = |device: &str| format!("{}/device/{device}/object/map.bin", world.http.url());
    client.put(url("CAM-1")).body("a map").send().await?.error_for_status()?;
    let begun = client.post(format!("{}/upload/one", url("CAM-1"))).send().await?;
    assert_eq!(begun.status(), 204);
    assert!(!world.kept("objects").is_empty() && !world.kept("uploads").is_empty());
    world.camera.remove().await?;
    assert!(world.kept("").is_empty(), "{:?}", world.kept(""));
    world.embedded.close().await;
    Ok(())
}
