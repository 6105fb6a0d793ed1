//! Benchmarks: a line for each figure, with its bound.

use std::path::Path;
use std::process::Command;

use crate::{Result, run};

/// The benchmarks by name; each is a program of the package edge-tests.
const BENCHES: [&str; 12] = [
    "allthingstalk",
    "compile",
    "connector",
    "delivery",
    "ingest",
    "instructions",
    "offline",
    "reconnect",
    "roundtrip",
    "setter",
    "storage",
    "stored",
];

/// Runs one, or all of them whatever those before have missed.
pub(crate) fn run_benches(root: &Path, name: Option<&str>) -> Result {
    if let Some(name) = name.filter(|name| !BENCHES.contains(name)) {
        return Err(format!("no benchmark `{name}`, only {}", BENCHES.join(", ")).into());
    }
    let mut failed = Vec::new();
    for bench in BENCHES.into_iter().filter(|bench| name.is_none_or(|name| name == *bench)) {
        println!("== {bench}");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args([
            "bench",
            "--quiet",
            "--package",
            "edge-tests",
            "--features",
            "stores",
            "--bench",
            bench,
        ]);
        if run(command.current_dir(root)).is_err() {
            failed.push(bench);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("{}: a bound was missed, or it failed", failed.join(", ")).into())
}
