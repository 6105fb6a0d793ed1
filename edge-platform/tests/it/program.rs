//! The real program: ready file, signals, exit codes, messages.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::device::Device;
use crate::support::{PATIENCE, SN, get, greenhouse, http, register, until};

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edge-platform"));
    command.current_dir(folder).env_clear().kill_on_drop(true).stdin(Stdio::null());
    command
}

fn serve(folder: &Path) -> Command {
    let mut command = program(folder);
    command.arg("serve");
    command
}

const FREE_PORTS: [&str; 6] = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"];

/// A running program.
struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    async fn start(folder: &Path, more: &[&str]) -> Self {
        let ready_file = folder.join("ready.json");
        let _ = std::fs::remove_file(&ready_file);
        let mut command = serve(folder);
        let child = command.args(FREE_PORTS).arg("--ready-file").arg(&ready_file).args(more).spawn();
        let waiting = async {
            loop {
                if let Ok(text) = tokio::fs::read(&ready_file).await {
                    return serde_json::from_slice(&text).expect("the file is complete when it is there");
                }
                tokio::task::yield_now().await;
            }
        };
        let ready = tokio::time::timeout(PATIENCE, waiting).await.expect("no ready file");
        Self { child: child.unwrap(), ready }
    }

    fn address(&self, service: &str) -> SocketAddr {
        self.ready[service].as_str().unwrap().parse().unwrap()
    }

    async fn signal(mut self, signal: &str) -> ExitStatus {
        let id = self.child.id().expect("it runs").to_string();
        let sent = Command::new("kill").arg(format!("-{signal}")).arg(id).status().await.unwrap();
        assert!(sent.success());
        tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap()
    }
}

async fn run(folder: &TempDir, args: &[&str]) -> (Option<i32>, String) {
    let output = serve(folder.path()).args(args).output();
    let Output { status, stderr, .. } =
        tokio::time::timeout(PATIENCE, output).await.expect("it runs on").unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn signals_end_it_in_good_order_and_the_file_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path(), &[]).await;
    register(running.address("grpc"), &greenhouse(SN)).await;
    let mut device = Device::connect(running.address("mqtt"), None, None).await.unwrap();
    device.publish("device/GH-1/asset/temperature/state", "21.5").await;
    // The broker has it; that the platform stores it before it ends is the platform's promise.
    assert_eq!(running.signal("TERM").await.code(), Some(0));

    let running = Running::start(folder.path(), &["--database", "sqlite:edge-platform.db"]).await;
    let (code, body) = get(running.address("http"), "/device/GH-1/asset/temperature/state").await;
    assert_eq!((code, &body["state"]["value"]), (200, &Value::from(21.5)));
    assert_eq!(running.signal("INT").await.code(), Some(0));
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert!(!files.iter().any(|name| name.to_string_lossy().contains("mqtt")), "{files:?}");
}

#[tokio::test]
async fn a_file_and_variables_configure_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("edge.toml"), "database = 'sqlite::memory:'\ntokens = ['t:1']")
        .unwrap();
    let running = Running::start(folder.path(), &["--config", "edge.toml"]).await;
    let address = running.address("http");
    assert_eq!(http(address, "GET /devices", None, "").await.0, 403);
    assert_eq!(http(address, "GET /devices", Some("t:1"), "").await.0, 200);
    assert_eq!(running.signal("TERM").await.code(), Some(0));
    assert!(!folder.path().join("edge-platform.db").exists());
}

#[tokio::test]
async fn nonsense_is_refused_with_a_message_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bad.toml"), "tokens = ['s3cret'").unwrap();
    for (args, words) in [
        (&["--nonsense"][..], "--nonsense"),
        (&["--grpc", "here"], "not a `host:port`"),
        (&["--http", "0.0.0.0:0"], "refusing to listen on 0.0.0.0:0 without a token"),
        (&["--broker", "mqtt://me:s3cret@x:0"], "--broker: the port"),
        (
            &["--broker", "mqtt://me:s3cret@broker.example"],
            "the broker broker.example:1883 is not on this machine",
        ),
        (&["--database", "mysql://me:s3cret@x"], "--database: the database must be"),
        (&["--token", "s3cret=GH/1"], "--token: a token's device id is no name"),
        (&["--token", "s3cret=org:"], "--token: a token's organization id is empty"),
        (&["--tls-cert", "cert.pem"], "--tls-cert and --tls-key belong together"),
        (&["--tls-client-ca", "ca.pem"], "--tls-cert and --tls-key belong together"),
        (&["--config", "bad.toml"], "bad.toml: not TOML (line 1)"),
        (&["--config", "none.toml"], "cannot read the configuration file none.toml: No such file"),
    ] {
        let (code, message) = run(&folder, args).await;
        assert_eq!(code, Some(2), "{args:?} {message}");
        assert!(message.contains(words), "{args:?} {message}");
        assert!(!message.contains("s3cret"), "{args:?} {message}");
    }
}

#[tokio::test]
async fn what_keeps_it_from_starting_is_told_with_its_cause_and_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text.db"), "this is no database, and long enough to be sure").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = listener.local_addr().unwrap().to_string();
    let memory = ["--database", "sqlite::memory:"];
    for (args, words) in [
        (vec!["--http", &taken, "--grpc", "127.0.0.1:0"], format!("cannot listen on {taken} for HTTP: ")),
        (
            [&["--mqtt", &taken, "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0"][..], &memory].concat(),
            format!("cannot listen on {taken} for MQTT: "),
        ),
        (
            [&FREE_PORTS[..], &memory, &["--ready-file", "none/ready"]].concat(),
            "cannot write the ready file none/ready: ".into(),
        ),
        (
            [&FREE_PORTS[..], &memory, &["--tls-cert", "text.db", "--tls-key", "none.pem"]].concat(),
            "TLS: cannot read none.pem: No such file".into(),
        ),
        (
            [&FREE_PORTS[..], &memory, &["--tls-cert", "text.db", "--tls-key", "text.db"]].concat(),
            "TLS: cannot use the certificate text.db with the key text.db: ".into(),
        ),
        (
            [&FREE_PORTS[..], &["--database", "sqlite:text.db"]].concat(),
            "cannot open the database sqlite:text.db: ".into(),
        ),
        (
            [&FREE_PORTS[..], &["--database", "sqlite:none/x.db"]].concat(),
            "cannot open the database sqlite:none/x.db: ".into(),
        ),
    ] {
        let (code, message) = run(&folder, &args).await;
        assert_eq!(code, Some(1), "{args:?} {message}");
        assert!(message.contains(&words), "{args:?} {message}");
    }
}

/// Exit code, standard output, standard error.
async fn device(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = program(folder).arg("device").args(args).output();
    let Output { status, stdout, stderr } =
        tokio::time::timeout(PATIENCE, output).await.expect("it runs on").unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[tokio::test]
async fn devices_are_created_and_listed_whether_a_platform_runs_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, _) =
        device(folder.path(), &["create", "D-2", "--name", "North", "--organization", "acme"]).await;
    assert_eq!(code, Some(0));
    assert!(out.contains("created the device D-2 in sqlite:edge-platform.db"), "{out}");
    assert!(
        out.contains("EDGE_TOKENS='TOKEN=D-2'") && out.contains("MyDevice(client=client, id='D-2')"),
        "{out}"
    );

    let running = Running::start(folder.path(), &["--token", "own=D-1", "--token", "ours=org:acme"]).await;
    let address = running.address("http");
    let body = r#"{"name":"a","profile":"number"}"#;
    assert_eq!(http(address, "POST /device/D-1/assets", Some("own"), body).await.0, 404);
    assert_eq!(device(folder.path(), &["create", "D-1"]).await.0, Some(0));
    until(async || http(address, "POST /device/D-1/assets", Some("own"), body).await.0 == 201).await;
    assert_eq!(http(address, "GET /device/D-2", Some("ours"), "").await.1["name"], "North");

    let (code, out, error) = device(folder.path(), &["create", "D-1", "--name", "Other"]).await;
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert_eq!(error, "error: the device `D-1` exists already, and is as it was\n");
    let (code, out, _) = device(folder.path(), &["list"]).await;
    assert_eq!((code, out.as_str()), (Some(0), "D-1\toffline\tD-1\t\nD-2\toffline\tNorth\tacme\n"));
    assert_eq!(running.signal("TERM").await.code(), Some(0));
}

#[tokio::test]
async fn devices_that_make_no_sense_are_not_created() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("edge.toml"), "database = 'sqlite:other.db'").unwrap();
    for (args, expected, words) in [
        (&["create", "a/b"][..], 2, "contains '/'"),
        (&["create"], 2, "<SN>"),
        (&["create", "D-1", "--database", "mysql://me:s3cret@x"], 2, "--database: the database must be"),
        (&["list", "--config", "none.toml"], 2, "none.toml: No such file"),
        (
            &["create", "D-1", "--database", "sqlite::memory:"],
            1,
            "a database in memory ends with this program",
        ),
        (&["create", "D-1", "--organization", "a\nb"], 1, "or holds control characters"),
        (&["list", "--database", "sqlite:none/x.db"], 1, "cannot open the database sqlite:none/x.db: "),
    ] {
        let (code, out, error) = device(folder.path(), args).await;
        assert_eq!((code, out.as_str()), (Some(expected), ""), "{args:?} {error}");
        assert!(error.contains(words) && !error.contains("s3cret"), "{args:?} {error}");
    }
    let (code, out, _) = device(folder.path(), &["list"]).await;
    assert_eq!((code, out.as_str()), (Some(0), ""));
    assert_eq!(device(folder.path(), &["create", "D-1", "--config", "edge.toml"]).await.0, Some(0));
    assert!(folder.path().join("other.db").exists());
}

#[tokio::test]
async fn a_file_lets_devices_come_into_being() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("edge.toml"), "database = 'sqlite::memory:'\nauto_create = true")
        .unwrap();
    let running = Running::start(folder.path(), &["--config", "edge.toml"]).await;
    assert_eq!(get(running.address("http"), "/device/D-1/assets").await, (200, Value::Array(Vec::new())));
    assert_eq!(running.signal("TERM").await.code(), Some(0));
}
