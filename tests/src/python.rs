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

/// What the scripts of one subject need.
#[derive(Clone, Copy, Debug)]
struct Environment {
    /// Of `requirements-{name}.txt`, and of the folder in `target/python`.
    name: &'static str,
    /// The `.proto` that stubs are made of, if there is one.
    proto: Option<&'static str>,
}

const CONNECTOR: Environment =
    Environment { name: "connector", proto: Some("edge/connector/v1/connector.proto") };
const ALLTHINGSTALK: Environment = Environment { name: "allthingstalk", proto: None };
const NATS: Environment = Environment { name: "nats", proto: None };

/// A Python with the libraries of one subject's scripts.
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
        Self::with(CONNECTOR)
    }

    /// With `tests/python/requirements-allthingstalk.txt`: the SDK of AllThingsTalk. Otherwise as
    /// [`with_connector`](Self::with_connector).
    ///
    /// # Panics
    /// When there is none and `CI=true`.
    pub fn with_allthingstalk() -> Option<Self> {
        Self::with(ALLTHINGSTALK)
    }

    /// With `tests/python/requirements-nats.txt`: a program that is had as a Python package. Otherwise as
    /// [`with_connector`](Self::with_connector).
    ///
    /// # Panics
    /// When there is none and `CI=true`.
    pub(crate) fn with_nats() -> Option<Self> {
        Self::with(NATS)
    }

    /// A program that its packages have brought.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("venv/bin").join(name)
    }

    fn with(environment: Environment) -> Option<Self> {
        let python = peer("python3")?;
        let folder = Path::new(ROOT).join("target/python").join(environment.name);
        match environment.prepare(&python.0, &folder) {
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
        command.env("PYTHONPATH", stubs(&self.folder)).env("no_grpc_proxy", HERE).env("no_proxy", HERE);
        Process::start(&mut command).expect("it is executable")
    }
}

const HERE: &str = "127.0.0.1";

fn interpreter(folder: &Path) -> PathBuf {
    folder.join("venv/bin/python")
}

/// Empty, or not there, where no stubs are needed.
fn stubs(folder: &Path) -> PathBuf {
    folder.join("stubs")
}

impl Environment {
    /// Makes the environment unless it is there. Other tests, and other processes, wait meanwhile.
    fn prepare(self, python: &Path, folder: &Path) -> Result<(), String> {
        let said = |error: std::io::Error| error.to_string();
        fs::create_dir_all(folder).map_err(said)?;
        let lock = File::create(folder.join("lock")).map_err(said)?;
        lock.lock().map_err(said)?;
        let requirements = Path::new(SCRIPTS).join(format!("requirements-{}.txt", self.name));
        let protos = Path::new(ROOT).join("proto");
        let mut wanted = fs::read_to_string(&requirements).map_err(said)?;
        if let Some(proto) = self.proto {
            wanted += &fs::read_to_string(protos.join(proto)).map_err(said)?;
        }
        let stamp = folder.join("stamp");
        if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
            return Ok(());
        }
        let _ = writeln!(std::io::stderr(), "making a Python environment in target/python/{}", self.name);
        run(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder.join("venv")))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(interpreter(folder)).args(install).arg(&requirements))?;
        if let Some(proto) = self.proto {
            make_stubs(folder, &protos, proto)?;
        }
        fs::write(stamp, wanted).map_err(said)
    }
}

fn make_stubs(folder: &Path, protos: &Path, proto: &str) -> Result<(), String> {
    let stubs = stubs(folder);
    fs::create_dir_all(&stubs).map_err(|error| error.to_string())?;
    let into = |option: &str| format!("{option}={}", stubs.display());
    run(Command::new(interpreter(folder))
        .args(["-m", "grpc_tools.protoc", "--proto_path"])
        .arg(protos)
        .args([into("--python_out"), into("--grpc_python_out"), proto.to_owned()]))
}

/// Runs a command to its end; what it says is the error.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
}
