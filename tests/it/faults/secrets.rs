//! Tokens, passwords and keys are in no log, no error, no `Debug` and no panic, whatever goes wrong.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use edge_platform::{BrokerUrl, Config, DatabaseUrl, Embedded, Tokens};
use edge_proto::{DeviceId, Secret};
use edge_runtime::allthingstalk::{BaseClient as _, Client};
use edge_runtime::connector::{ConnectorClient, Retry};
use edge_runtime::{Host, Platform};
use edge_tests::{FakeConnector, Logs, PlatformProgram, Process, Reply, program};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::quiet;
use super::tls::{Authority, Front};
use super::world::{Result, within};
use crate::model::{Driver, Greenhouse, SN};

/// What must not be seen.
const CANARY: &str = "canary4Zq7HushHush";
const OTHER: &str = "someone4Else";

/// All that was said, to be searched for the secret.
struct Witness {
    logs: Logs,
    heard: String,
}

/// Panics' texts, of whatever thread; not those of this file, which say that the secret was found.
fn panics() -> String {
    let others = quiet::panics().into_iter().filter(|panic| panic.file != file!());
    others.map(|panic| panic.text + "\n").collect()
}

impl Witness {
    fn new() -> Self {
        quiet::watch();
        Self { logs: Logs::capture(), heard: String::new() }
    }

    /// An error with all that it carries.
    fn error(&mut self, error: &(dyn Error + 'static)) {
        let _ = writeln!(self.heard, "{error:?} {error:#?}");
        let mut cause = Some(error);
        while let Some(error) = cause {
            let _ = writeln!(self.heard, "{error} {error:?}");
            cause = error.source();
        }
    }

    /// The error that there must be.
    fn failure<T, E: Error + 'static>(&mut self, result: std::result::Result<T, E>) {
        self.error(&result.err().expect("it fails"));
    }

    fn debug(&mut self, value: &impl fmt::Debug) {
        let _ = writeln!(self.heard, "{value:?} {value:#?}");
    }

    fn text(&mut self, text: &str) {
        self.heard.push_str(text);
    }

    /// Nothing of it was seen, and what should be heard was.
    fn end(self, expected: &[&str]) {
        let text = format!("{}\n{}", self.logs.text(), self.heard);
        println!("S04: {} bytes of logs, {} of errors and values", self.logs.text().len(), self.heard.len());
        for expected in expected {
            assert!(text.contains(expected), "`{expected}` was not heard of");
        }
        assert_clean(&text);
        assert_clean(&panics());
    }
}

/// As it is, in decimal and hexadecimal bytes (as `Debug` of bytes), and in Base64 (whichever way it lies).
fn assert_clean(text: &str) {
    let bytes = CANARY.as_bytes();
    let list = |format: fn(&u8) -> String| bytes.iter().take(8).map(format).collect::<Vec<_>>();
    let base64 = |skip: usize| {
        let groups = &bytes[skip..skip + 6];
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let number = groups.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        (0..8).rev().map(|at| DIGITS[(number >> (6 * at) & 63) as usize] as char).collect::<String>()
    };
    let shapes = [
        CANARY.to_owned(),
        list(|byte| format!("{byte}")).join(", "),
        list(|byte| format!("0x{byte:02x}")).join(", "),
        list(|byte| format!("{byte:02x}")).concat(),
        base64(0),
        base64(1),
        base64(2),
    ];
    for shape in shapes {
        let lines = text.lines().filter(|line| line.contains(&shape));
        let lines: Vec<String> = lines.map(|line| line.chars().take(400).collect()).collect();
        assert!(lines.is_empty(), "`{shape}` was seen {} times, first in\n{}", lines.len(), lines[0]);
    }
}

#[test]
fn s04_the_search_finds_the_secret_in_every_shape() {
    let bytes = CANARY.as_bytes();
    for text in [CANARY.to_owned(), format!("{bytes:?}"), "Y2FuYXJ5NFpxN0h1c2hIdXNo".to_owned()] {
        assert!(std::panic::catch_unwind(|| assert_clean(&text)).is_err(), "{text}");
    }
    assert_clean("canary");
}

/// The native platform's device, from its start to its end, with a handler that panics.
async fn live(platform: &Platform, server: &Embedded) -> Result {
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(21.5).await?.delivered().await?;
    for value in [40, 400, 66, 13] {
        let _ = server.send_command(SN, "vent", json!(value), Duration::from_secs(20)).await?;
    }
    within(60, device.close()).await??;
    Ok(())
}

#[tokio::test]
async fn s04_no_secret_is_seen_while_a_device_lives() -> Result {
    let mut witness = Witness::new();
    let server = Embedded::start_with(|config| {
        config.tokens = Tokens::default().with(CANARY);
        config.auto_create = true;
    })
    .await?;
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).token(CANARY).build()?;
    live(&platform, &server).await?;
    witness.debug(&platform);

    let cloud = Platform::allthingstalk(CANARY).http(server.http_url()).mqtt(server.mqtt_url());
    witness.debug(&cloud);
    let cloud = cloud.build()?;
    let device = cloud.device("GH-2", Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(21.5).await?.delivered().await?;
    witness.debug(&device);
    within(60, device.close()).await??;
    witness.debug(&(&cloud, Host::new(&platform, "GATEWAY-1")?, &server));
    within(60, server.close()).await?;
    witness.end(&["the handler panicked", "reconcile", "rumqttc", "h2::", "hyper"]);
    Ok(())
}

#[tokio::test]
async fn s04_no_secret_is_seen_when_a_token_is_refused() -> Result {
    let mut witness = Witness::new();
    let server = Embedded::start_with(|config| {
        let own = DeviceId::new("OTHER-1").unwrap();
        config.tokens = Tokens::default().with(OTHER).with_device(format!("{CANARY}-one"), own);
    })
    .await?;
    for token in [CANARY.to_owned(), format!("{CANARY}-one")] {
        let native = Platform::at(server.connector_url(), server.mqtt_url()).token(&token).build()?;
        witness.failure(connect(&native).await);
        // In by the registry, and not by the broker.
        let broker = format!("mqtt://{token}:{token}@{}", server.mqtt());
        let half = Platform::at(server.connector_url(), broker).token(OTHER).build()?;
        witness.failure(connect(&half).await);
        let cloud =
            Platform::allthingstalk(&token).http(server.http_url()).mqtt(server.mqtt_url()).build()?;
        witness.failure(connect(&cloud).await);
        let client = Client::builder(&token).http(server.http_url()).build()?;
        witness.failure(client.get_assets(SN).await);
        let connector = ConnectorClient::builder(server.connector_url()).token(&token).build()?;
        witness.failure(connector.get_asset("1").await);
    }
    within(60, server.close()).await?;
    witness.end(&["UNAUTHENTICATED", "PERMISSION_DENIED", "the token is not authorized", "403"]);
    Ok(())
}

async fn connect(platform: &Platform) -> std::result::Result<(), edge_runtime::ConnectError> {
    let device = platform.device(SN, Greenhouse::new()).handler(Driver);
    device.startup_timeout(Duration::from_secs(2)).connect().await.map(drop)
}

/// Says the request's headers back, under any status: what naive servers do, and hostile ones.
async fn echo(status: &'static str, shape: fn(&str) -> String) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                match stream.read(&mut buffer).await {
                    Ok(read @ 1..) => request.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            let request = String::from_utf8_lossy(&request).into_owned();
            let token = request.lines().find_map(|line| line.split_once("earer ")).map_or("", |(_, it)| it);
            let body = shape(token);
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nX-Echo: {token}\r\n");
            let reply = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    Ok(address)
}

#[tokio::test]
async fn s04_no_secret_is_seen_when_a_server_says_it_back() -> Result {
    let mut witness = Witness::new();
    let shapes: [fn(&str) -> String; 5] = [
        |token| format!("the token {token} is not known"),
        |token| json!({ "error": "no", "error_description": format!("bad {token}") }).to_string(),
        |token| json!([token]).to_string(),
        |token| json!({ "id": token, "assets": token, "state": { "at": token, "value": token } }).to_string(),
        |token| format!("<html>{token}</html>"),
    ];
    for status in [
        "200 OK",
        "201 Created",
        "302 Found",
        "400 Bad Request",
        "403 Forbidden",
        "404 Not Found",
        "500 Oops",
    ] {
        for shape in shapes {
            let server = echo(status, shape).await?;
            let client = Client::builder(CANARY).http(server.to_string()).build()?;
            for result in [
                client.get_assets(SN).await.map(drop),
                client.get_asset_state(SN, "vent").await.map(drop),
                client.delete_device(SN).await,
            ] {
                if let Err(error) = result {
                    witness.error(&error);
                }
            }
            let platform =
                Platform::allthingstalk(CANARY).http(server.to_string()).mqtt("localhost:1").build()?;
            let plan = platform.plan::<Greenhouse>(SN).await;
            plan.err().into_iter().for_each(|error| witness.error(&error));
        }
    }

    let fake = FakeConnector::start(|call| match call.index % 3 {
        0 => Reply::Status(tonic::Status::permission_denied(call.header("authorization"))),
        1 => Reply::Status(tonic::Status::invalid_argument(call.header("authorization"))),
        _ => Reply::Raw(call.header("authorization").as_bytes().to_vec(), Default::default()),
    })
    .await;
    let url = format!("http://{}", fake.address());
    let connector = ConnectorClient::builder(&url).token(CANARY).retry(Retry::Never).build()?;
    for _ in 0..6 {
        witness.failure(connector.get_asset("1").await);
    }
    let platform = Platform::at(url, "localhost:1").token(CANARY).build()?;
    witness.failure(connect(&platform).await);
    witness.end(&["refuses the token", "PERMISSION_DENIED", "[redacted]", "cannot be understood"]);
    Ok(())
}

#[tokio::test]
async fn s04_no_secret_is_seen_when_tls_fails() -> Result {
    let mut witness = Witness::new();
    let (ours, theirs) = (Authority::new("ours")?, Authority::new("theirs")?);
    let (certificate, key) = ours.identity("device")?;
    let front = Front::start(theirs.server("localhost")?).await?;
    let (https, mqtts) =
        (format!("https://localhost:{}", front.port()), format!("mqtts://localhost:{}", front.port()));
    let builder =
        || Platform::at(&https, &mqtts).token(CANARY).ca(ours.pem()).client_certificate(&*certificate, &*key);
    witness.debug(&builder());
    witness.failure(connect(&builder().build()?).await);
    let cloud = Platform::allthingstalk(CANARY).http(&https).mqtt(&mqtts).ca(ours.pem()).build()?;
    witness.failure(connect(&cloud).await);
    // A key that is none may be a password that was put there.
    witness.failure(Platform::at(&https, &mqtts).client_certificate(CANARY, CANARY).build());
    witness.failure(Platform::at(&https, &mqtts).ca(CANARY).build());
    let secret = key.lines().nth(1).unwrap().to_owned();
    assert!(!witness.heard.contains(&secret) && !witness.logs.text().contains(&secret));
    witness.end(&["ertificate"]);
    Ok(())
}

#[tokio::test]
async fn s04_no_secret_is_seen_in_addresses_that_are_none() -> Result {
    let mut witness = Witness::new();
    for scheme in ["http", "https", "mqtt", "mqtts", "ftp", ""] {
        for rest in [
            "me:TOKEN@10.0.0.1:1",
            "TOKEN@10.0.0.1",
            "TOKEN:TOKEN@:1",
            "me:TOKEN@host:port",
            "me:TO/KEN@host",
            "me:TOKEN@",
            "me:TOKEN@ho st",
            "me:TOKEN@[::1",
            "me:%zz/TOKEN@host",
            "host:1/?token=TOKEN",
            "host:1/path?a=b&TOKEN",
            "host:1/#TOKEN",
            "host:1/TOKEN",
            "me@host:TOKEN",
            "host:TOKEN",
            "me:TOKEN\\@host",
            "me:TOKEN%40host",
        ] {
            let rest = rest.replace("TOKEN", CANARY).replace("TO/KEN", &format!("{CANARY}/{CANARY}"));
            let url = if scheme.is_empty() { rest } else { format!("{scheme}://{rest}") };
            let native = Platform::at(&url, &url);
            witness.debug(&native);
            let good = "http://127.0.0.1:1";
            let results = [
                native.build(),
                Platform::at(good, &url).build(),
                Platform::at(&url, "mqtt://127.0.0.1").build(),
                Platform::allthingstalk("any").http(&url).build(),
                Platform::allthingstalk("any").http(good).mqtt(&url).build(),
                edge_runtime::testing::MemoryPlatform::new().with_broker(&url),
            ];
            for result in results {
                match result {
                    Ok(platform) => witness.debug(&platform),
                    Err(error) => witness.error(&error),
                }
            }
            let connector = ConnectorClient::builder(&url);
            witness.debug(&connector);
            connector.build().err().into_iter().for_each(|error| witness.error(&error));
            match url.parse::<BrokerUrl>() {
                Ok(broker) => witness.debug(&broker),
                Err(error) => witness.error(&error),
            }
            match url.parse::<DatabaseUrl>() {
                Ok(database) => witness.debug(&database),
                Err(error) => witness.error(&error),
            }
        }
    }
    witness.end(&["is not an address"]);
    Ok(())
}

#[tokio::test]
async fn s04_no_secret_is_seen_in_values_that_hold_one() -> Result {
    let mut witness = Witness::new();
    let mut config = Config::default();
    config.tokens = Tokens::default().with(CANARY).with_organization(CANARY, "acme");
    config.broker = Some(format!("mqtt://{CANARY}:{CANARY}@localhost").parse()?);
    config.database = format!("postgres://me:{CANARY}@localhost/db?password={CANARY}").parse()?;
    witness.debug(&config);
    witness.debug(&Secret::new(CANARY));
    witness.debug(&Client::builder(CANARY));
    witness.debug(&Client::builder(CANARY).http("http://127.0.0.1:1").build()?);
    witness.debug(&ConnectorClient::builder("http://127.0.0.1:1").token(CANARY));
    witness.debug(&ConnectorClient::builder("http://127.0.0.1:1").token(CANARY).build()?);
    let platform = Platform::at("127.0.0.1:1", format!("mqtt://me:{CANARY}@127.0.0.1:1")).token(CANARY);
    witness.debug(&platform);
    let platform = platform.build()?;
    witness.debug(&(Host::new(&platform, "GATEWAY-1")?, platform.device(SN, Greenhouse::new())));
    for bad in [format!("{CANARY}\n"), format!("{CANARY}\u{e9}\0")] {
        witness.failure(Platform::at("127.0.0.1:1", "127.0.0.1:1").token(&bad).build());
        witness.failure(Client::builder(&bad).http("http://127.0.0.1:1").build());
    }
    for text in [format!("{CANARY}=GH/1"), format!("{CANARY}=org:")] {
        witness.failure(Tokens::default().with_text(&text));
    }
    config.database = DatabaseUrl::memory();
    config.broker = Some(format!("mqtt://{CANARY}:{CANARY}@127.0.0.1:1").parse()?);
    config.startup_timeout = Duration::from_secs(1);
    (config.grpc, config.http) = ("127.0.0.1:0".parse()?, "127.0.0.1:0".parse()?);
    witness.failure(edge_platform::Server::start(config).await.map(drop));
    witness.end(&["[redacted]"]);
    Ok(())
}

#[tokio::test]
async fn s04_the_program_says_no_secret_at_the_finest_level() -> Result {
    let mut witness = Witness::new();
    let variables = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
    let program = PlatformProgram::start_in(&variables, &["--token", CANARY, "--auto-create"]).await;
    let platform = Platform::at(&program.connector, &program.mqtt).token(CANARY).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(21.5).await?.delivered().await?;
    let http = reqwest::Client::new();
    for (token, path) in [(CANARY, "device/GH-1/asset/vent/command"), ("wrong", "device/GH-1/state")] {
        let url = format!("{}/{path}?token={CANARY}", program.http.url());
        let body =
            json!({ "value": 40, "temperature": { "value": CANARY } }).to_string().replace(CANARY, "x");
        http.put(url).bearer_auth(token).body(body).send().await?;
    }
    http.get(format!("{}/metrics", program.http.url())).bearer_auth(CANARY).send().await?;
    let wrong = format!("{CANARY}-wrong");
    witness.failure(connect(&Platform::at(&program.connector, &program.mqtt).token(&wrong).build()?).await);
    let cloud = Platform::allthingstalk(&wrong).http(program.http.url()).mqtt(&program.mqtt).build()?;
    witness.failure(connect(&cloud).await);
    within(60, device.close()).await??;
    let (mut process, out) = (program.process, String::new());
    process.signal("TERM").await?;
    let text = format!("{out}{}\n{}", process.out.end().await, process.err.end().await);
    println!("S04: the program said {} bytes", text.len());
    assert!(text.contains("TRACE") && text.contains("mqtt5") && text.contains("sqlx"));
    witness.text(&text);
    witness.end(&["TRACE", "listening"]);
    Ok(())
}

#[tokio::test]
async fn s04_the_program_does_not_repeat_what_it_does_not_understand() -> Result {
    let mut witness = Witness::new();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("edge.toml");
    std::fs::write(&file, format!("tokens = [\"{CANARY}\"\nbroker = \"mqtt://a:{CANARY}@host:x\"\n"))?;
    let config = file.to_string_lossy().into_owned();
    let url = format!("mqtt://me:{CANARY}@host:port");
    // (A database that is not there is waited for, half a minute.)
    let database = format!("postgres://me:{CANARY}@127.0.0.1:port/db?sslmode={CANARY}");
    for arguments in [
        vec!["--token", "TOKEN=GH/1"],
        vec!["--token", "=TOKEN/"],
        vec!["--broker", &url],
        vec!["--database", &url],
        vec!["--database", &database],
        vec!["--config", &config],
    ] {
        let arguments: Vec<String> = arguments.iter().map(|text| text.replace("TOKEN", CANARY)).collect();
        let mut command = std::process::Command::new(program("edge-platform"));
        command.arg("serve").args([
            "--grpc",
            "127.0.0.1:0",
            "--http",
            "127.0.0.1:0",
            "--mqtt",
            "127.0.0.1:0",
        ]);
        let command = command.args(&arguments).env("RUST_LOG", "trace").current_dir(folder.path());
        let mut process = Process::start(command)?;
        let status = tokio::time::timeout(Duration::from_secs(60), process.wait()).await??;
        assert!(!status.success(), "{arguments:?}");
        let said = format!("{}{}", process.out.end().await, process.err.end().await);
        assert!(said.contains("error"), "{said}");
        witness.text(&said);
    }
    witness.end(&["error: "]);
    Ok(())
}
