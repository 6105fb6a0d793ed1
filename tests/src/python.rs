//! Clients in Python that are not ours, with libraries of exact versions in a virtual environment.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peer::{peer, skip};
use crate::process::Process;

/// Of the workspace, and of these tests.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");
const PROTO: &str = "edge/connector/v1/connector.proto";

/// A Python with the libraries of one test script.
#[derive(Debug)]
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// With `tests/python/requirements-connector.txt`, and the stubs of our `.proto`. Made once for as long
    /// as neither of them changes. `None` when there is no Python, or the libraries cannot be had: the test
    /// must return then.
    ///
    /// # Panics
    /// When there is none and `CI=true`.
    pub fn with_connector() -> Option<Self> {
        let python = peer("python3")?;
        let folder = Path::new(ROOT).join("target/python/connector");
        match prepare(&python.0, &folder) {
            Ok(()) => Some(Self { folder }),
            Err(reason) => {
                skip(&format!("a Python environment, which cannot be made: {reason}"));
                None
            }
        }
    }

    /// Starts a script of `tests/python`.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&self, script: &str, arguments: &[&str]) -> Process {
        let mut command = Command::new(interpreter(&self.folder));
        command.arg(Path::new(SCRIPTS).join(script)).args(arguments);
        // A proxy is for other machines.
        command.env("PYTHONPATH", stubs(&self.folder)).env("no_grpc_proxy", "127.0.0.1");
        Process::start(&mut command).expect("it is executable")
    }
}

fn interpreter(folder: &Path) -> PathBuf {
    folder.join("venv/bin/python")
}

fn stubs(folder: &Path) -> PathBuf {
    folder.join("stubs")
}

/// Makes the environment unless it is there. Other tests, and other processes, wait meanwhile.
fn prepare(python: &Path, folder: &Path) -> Result<(), String> {
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(folder).map_err(said)?;
    let lock = File::create(folder.join("lock")).map_err(said)?;
    lock.lock().map_err(said)?;
    let requirements = Path::new(SCRIPTS).join("requirements-connector.txt");
    let proto = Path::new(ROOT).join("proto");
    let read = |path: &Path| fs::read_to_string(path).map_err(said);
    let wanted = read(&requirements)? + &read(&proto.join(PROTO))?;
    let stamp = folder.join("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    let _ = writeln!(std::io::stderr(), "making a Python environment in target/python/connector");
    let stubs = stubs(folder);
    fs::create_dir_all(&stubs).map_err(said)?;
    run(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder.join("venv")))?;
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    run(Command::new(interpreter(folder)).args(install).arg(&requirements))?;
    let into = |option: &str| format!("{option}={}", stubs.display());
    run(Command::new(interpreter(folder))
        .args(["-m", "grpc_tools.protoc", "--proto_path"])
        .arg(&proto)
        .args([into("--python_out"), into("--grpc_python_out"), PROTO.to_owned()]))?;
    fs::write(stamp, wanted).map_err(said)
}

/// Runs a command to its end; what it says is the error.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
