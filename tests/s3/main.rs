//! A platform whose objects are in a bucket of a server that is spoken to as S3 is.

#![allow(clippy::unwrap_used, reason = "clippy.toml lets tests unwrap; their helpers are tests as well")]

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use edge_runtime::storage::Progress;
use edge_runtime::testing::FaultProxy;
use edge_runtime::{Device, Platform, StorageObject};
use edge_tests::{Feature, PlatformProgram, Process, S3Server, TestResult, program_with};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const SN: &str = "CAM-1";
const MIB: usize = 1024 * 1024;
const SECRET: &str = "the-bucket's/secret+key";
const PLACE: &str = "s3://things/a/b";

/// Takes pictures.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:camera:1")]
struct Camera {
    #[asset(kind = "sensor")]
    picture: Option<StorageObject>,
}

/// A bucket, a platform that keeps its objects there, and a camera; proxies between them.
struct Site {
    s3: S3Server,
    bucket: FaultProxy,
    platform: PlatformProgram,
    network: FaultProxy,
    camera: CameraDevice,
    folder: TempDir,
}

impl Site {
    async fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let s3 = S3Server::start(SECRET).await?;
        let bucket = FaultProxy::start(s3.address()).await?;
        let variables = S3Server::variables(bucket.address(), SECRET);
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let platform =
            PlatformProgram::start_program(&program_with(Feature::S3), &variables, &["--objects", PLACE])
                .await;
        let address = platform.http.url().trim_start_matches("http://").parse()?;
        let network = FaultProxy::start(address).await?;
        let client = Platform::at(&platform.connector, &platform.mqtt)
            .http(format!("http://{}", network.address()))
            .build()?;
        let camera = client.device(SN, Camera { picture: None }).connect().await?;
        Ok(Self { s3, bucket, platform, network, camera, folder: tempfile::tempdir()? })
    }

    fn object(&self, name: &str, content: &[u8]) -> StorageObject {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        StorageObject::file(path)
    }

    fn url(&self, name: &str) -> String {
        format!("{}/device/{SN}/object/{name}", self.platform.http.url())
    }

    async fn get(&self, name: &str) -> reqwest::Response {
        reqwest::get(self.url(name)).await.unwrap()
    }

    async fn content(&self, name: &str) -> Vec<u8> {
        let answer = self.get(name).await;
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap().to_vec()
    }

    /// The names of what the bucket has of the camera, without those of contents.
    fn kept(&self) -> Vec<String> {
        let mut names = Vec::new();
        for path in self.s3.objects() {
            let text = path.display().to_string();
            let (_, below) = text.split_once("/things/a/b/objects/").unwrap_or_else(|| panic!("{text}"));
            let parts: Vec<_> = below.split('/').collect();
            names.push(if parts[2] == "about" { below.to_owned() } else { parts[..2].join("/") });
        }
        names.sort();
        names
    }

    async fn close(self) -> TestResult {
        self.camera.close().await?;
        Ok(())
    }
}

/// Something that is not the same anywhere.
fn noise(bytes: usize) -> Vec<u8> {
    let mut content = vec![0; bytes];
    fastrand::Rng::with_seed(bytes as u64).fill(&mut content);
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_keeps_what_a_device_uploads_in_as_many_parts_as_it_takes() -> TestResult {
    let site = Site::start().await?;
    let content = noise(20 * MIB + 7);
    let seen = Arc::<Mutex<Vec<u64>>>::default();
    let saw = Arc::clone(&seen);
    let shot = site.object("shot.jpg", &content);
    let shot = shot.on_progress(move |progress: Progress| saw.lock().unwrap().push(progress.bytes));
    // On its way to the platform it breaks off, and goes on where it was.
    site.network.truncate_after(6 * MIB as u64);
    site.camera.set_picture(Some(shot)).await?.delivered().await?;
    let seen = seen.lock().unwrap().clone();
    let places: Vec<u64> = seen.windows(2).filter(|pair| pair[1] < pair[0]).map(|pair| pair[1]).collect();
    assert!(places.len() == 1 && places[0] >= MIB as u64, "it went on at {places:?}");
    assert_eq!(site.kept(), ["CAM-1/shot.jpg", "CAM-1/shot.jpg/about"]);
    assert!(site.content("shot.jpg").await == content);
    let file = site.s3.objects().into_iter().find(|path| !path.ends_with("about")).unwrap();
    assert!(std::fs::read(file)? == content);

    // A part of it, across the bucket's own parts.
    let range = format!("bytes={}-{}", 8 * MIB - 2, 8 * MIB + 1);
    let part = reqwest::Client::new().get(site.url("shot.jpg")).header("range", range).send().await?;
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await?, content[8 * MIB - 2..8 * MIB + 2]);

    // Down again, over a network that breaks off; the digest is looked at at its end.
    let object = site.camera.picture().expect("it was set");
    let path = site.folder.path().join("down.jpg");
    site.network.truncate_after(6 * MIB as u64);
    object.download(&site.camera.storage(), &path).await?;
    assert!(std::fs::read(path)? == content);

    // Replaced, by nothing at all; and gone.
    site.camera.set_picture(Some(site.object("shot.jpg", b""))).await?.delivered().await?;
    assert_eq!(site.content("shot.jpg").await, b"");
    assert_eq!(site.kept(), ["CAM-1/shot.jpg", "CAM-1/shot.jpg/about"], "what was replaced is gone");
    let all = site.platform.http.get(&format!("/device/{SN}/objects")).await?;
    assert_eq!((all.0, &all.1[0]["length"], all.1.as_array().map(Vec::len)), (200, &0.into(), Some(1)));
    let deleted = reqwest::Client::new().delete(site.url("shot.jpg")).send().await?;
    assert_eq!((deleted.status().as_u16(), site.get("shot.jpg").await.status().as_u16()), (204, 404));
    assert!(site.kept().is_empty());
    site.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_content_with_another_digest_does_not_get_into_the_bucket() -> TestResult {
    let site = Site::start().await?;
    let wrong = edge_runtime::storage::Sha256::of(b"something else").to_header();
    let put = reqwest::Client::new().put(site.url("map.bin")).header("repr-digest", wrong).body("a map");
    let refused = put.send().await?;
    assert_eq!(refused.status(), 422);
    assert!(site.s3.objects().is_empty());
    assert_eq!(site.get("map.bin").await.status(), 404);
    site.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_breaks_off_in_the_middle_is_asked_again() -> TestResult {
    let site = Site::start().await?;
    let content = noise(20 * MIB);
    // In the second of the bucket's parts.
    site.bucket.truncate_after(12 * MIB as u64);
    site.camera.set_picture(Some(site.object("shot.jpg", &content))).await?.delivered().await?;
    assert!(site.content("shot.jpg").await == content);
    assert_eq!(site.kept(), ["CAM-1/shot.jpg", "CAM-1/shot.jpg/about"]);
    site.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_changed_while_it_runs_are_a_clear_error_and_nothing_is_lost() -> TestResult {
    let site = Site::start().await?;
    let upload = format!("{}/upload/one", site.url("map.bin"));
    let client = reqwest::Client::new();
    let sent = client.patch(&upload).header("upload-offset", "0").body("a map").send().await?;
    assert_eq!(sent.status(), 204);
    let complete = || {
        let said = serde_json::json!({"contentType": "text/plain"});
        client.put(&upload).header("upload-length", "5").json(&said).send()
    };
    site.s3.set_secret("another");
    for answer in [complete().await?, site.get("map.bin").await] {
        assert_eq!(answer.status(), 503);
        let body: serde_json::Value = answer.json().await?;
        let error = body["error"].as_str().unwrap();
        assert!(error.starts_with("the objects' bucket refuses the keys of this platform"), "{error}");
    }
    site.s3.set_secret(SECRET);
    assert_eq!(complete().await?.status(), 201);
    assert_eq!(site.content("map.bin").await, b"a map");
    let log = site.platform.process.err.text();
    assert!(log.contains("the objects failed") && !log.contains(SECRET), "{log}");
    site.close().await
}

/// A server that answers everything with this.
async fn answering(answer: &'static str) -> Result<SocketAddr, Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            let _ = socket.read(&mut asked).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    Ok(address)
}

/// How a platform ends whose bucket is set up like that.
async fn refused(variables: &[(&str, String)], place: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program_with(Feature::S3));
    command.args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
    command.args(["--database", "sqlite::memory:", "--objects", place]).current_dir(folder.path());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let mut process = Process::start(&mut command).unwrap();
    let status = process.wait().await.unwrap();
    (status.code(), process.err.end().await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_cannot_be_used_is_named_at_the_start() -> TestResult {
    let s3 = S3Server::start(SECRET).await?;
    let right = S3Server::variables(s3.address(), SECRET);
    let mut unknown = right.clone();
    unknown[2].1 = "AKIANOBODY".to_owned();
    let mut far = right.clone();
    far[0].1 = "http://s3.example.com".to_owned();
    let far_of_s3 = [&right[..], &[("AWS_ENDPOINT_URL_S3", "http://s3.example.com".to_owned())]].concat();
    let wrong = S3Server::variables(s3.address(), "wrong-secret");
    let expired = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 40\r\n\r\n\
        <Error><Code>ExpiredToken</Code></Error>";
    let expired = S3Server::variables(answering(expired).await?, SECRET);
    let elsewhere = "HTTP/1.1 301 Moved Permanently\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    let elsewhere = S3Server::variables(answering(elsewhere).await?, SECRET);
    let denied = "the objects' bucket refuses the keys of this platform";
    for (variables, place, reason) in [
        (&wrong[..], PLACE, denied),
        (&unknown, PLACE, denied),
        (&right, "s3://nothing/a", "there is no such bucket"),
        (&far, PLACE, "`AWS_ENDPOINT` of another machine must be `https://`"),
        (&far_of_s3, PLACE, "`AWS_ENDPOINT_URL_S3` of another machine must be `https://`"),
        (&expired, PLACE, "<Code>ExpiredToken</Code>"),
        (&elsewhere, PLACE, "incorrectly configured region"),
    ] {
        let (code, text) = refused(variables, place).await;
        assert_eq!(code, Some(1), "{text}");
        assert!(text.contains(&format!("cannot keep objects in {place}")) && text.contains(reason), "{text}");
        assert!(!text.contains("wrong-secret") && !text.contains(SECRET), "{text}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_that_does_not_answer_may_do_so_later() -> TestResult {
    let nobody = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let endpoint = format!("http://{nobody}");
    // Of the machine, that has none, on the same port: nothing is asked that is not here.
    let variables = [("AWS_ENDPOINT", endpoint.as_str()), ("AWS_METADATA_ENDPOINT", endpoint.as_str())];
    let platform =
        PlatformProgram::start_program(&program_with(Feature::S3), &variables, &["--objects", PLACE]).await;
    let log = platform.process.err.text();
    assert!(log.contains("the bucket for objects cannot be used yet"), "{log}");
    assert!(log.contains("none in an `AWS_` variable"), "{log}");
    Ok(())
}

/// Sometimes the client gave up before the start did, and then it was refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bucket_in_trouble_of_its_own_may_be_well_later() -> TestResult {
    for answer in [
        "HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: 36\r\n\r\n<Error><Code>SlowDown</Code></Error>",
        "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    ] {
        let variables = S3Server::variables(answering(answer).await?, SECRET);
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        let program = program_with(Feature::S3);
        let platform = PlatformProgram::start_program(&program, &variables, &["--objects", PLACE]).await;
        let log = platform.process.err.text();
        assert!(log.contains("the bucket for objects cannot be used yet"), "{log}");
        assert!(log.contains("those of the `AWS_` variables") && !log.contains(SECRET), "{log}");
        let client = Platform::at(&platform.connector, &platform.mqtt).http(platform.http.url()).build()?;
        let camera = client.device(SN, Camera { picture: None }).connect().await?;
        let (status, said) = platform.http.get(&format!("/device/{SN}/objects")).await?;
        assert_eq!((status, &said["error"]), (503, &"the objects cannot be reached, try again".into()));
        camera.close().await?;
    }
    Ok(())
}
