//! `edge-platform serve` as a process.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::build::program;
use crate::http::Http;
use crate::process::Process;

/// A platform of the test's own, on free ports.
#[derive(Debug)]
pub struct PlatformProgram {
    /// The process.
    pub process: Process,
    /// `http://host:port` of the Connector.
    pub connector: String,
    /// `mqtt://host:port` of the broker.
    pub mqtt: String,
    /// The HTTP API.
    pub http: Http,
    _folder: TempDir,
}

impl PlatformProgram {
    /// Starts it with a database in a folder of its own, and waits until it is ready.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(arguments: &[&str]) -> Self {
        Self::start_in(&[], arguments).await
    }

    /// As [`start`](Self::start), with these variables set besides.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_in(variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        Self::start_program(&program("edge-platform"), variables, arguments).await
    }

    /// As [`start_in`](Self::start_in), but this program.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_program(program: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let ready = folder.path().join("ready.json");
        let database = format!("sqlite:{}", folder.path().join("platform.db").display());
        let mut command = Command::new(program);
        command.args(["serve", "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
        command.args(["--database", &database, "--ready-file"]).arg(&ready).args(arguments);
        command.envs(variables.iter().copied());
        let mut process = Process::start(&mut command).expect("it is executable");
        let addresses = tokio::select! {
            addresses = appears(&ready) => addresses,
            status = process.wait() => panic!("it ended with {status:?}:\n{}", process.err.text()),
        };
        let address = |name: &str| addresses[name].as_str().expect("an address").to_owned();
        Self {
            connector: format!("http://{}", address("grpc")),
            mqtt: format!("mqtt://{}", address("mqtt")),
            http: Http::new(format!("http://{}", address("http"))),
            process,
            _folder: folder,
        }
    }
}

/// Waits for a file that is written in one step.
async fn appears(path: &Path) -> Value {
    loop {
        if let Ok(text) = std::fs::read(path) {
            return serde_json::from_slice(&text).expect("the ready file is JSON");
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}
