//! The full test run, the cheapest checks first.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::{Result, codegen, fuzz, peers, run};

/// `cargo` with arguments, and what it is for.
const BEFORE: [(&str, &[&str]); 1] = [("formatting", &["fmt", "--all", "--check"])];

const CHECKS: [(&str, &[&str]); 7] = [
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]),
    ("no features", &["check", "--quiet", "--package", "edge-runtime", "--no-default-features"]),
    (
        "feature grpc",
        &["check", "--quiet", "--package", "edge-runtime", "--no-default-features", "--features", "grpc"],
    ),
    (
        "feature mqtt",
        &["check", "--quiet", "--package", "edge-runtime", "--no-default-features", "--features", "mqtt"],
    ),
    (
        "feature allthingstalk",
        &[
            "check",
            "--quiet",
            "--package",
            "edge-runtime",
            "--no-default-features",
            "--features",
            "allthingstalk",
        ],
    ),
    (
        "feature storage",
        &["check", "--quiet", "--package", "edge-runtime", "--no-default-features", "--features", "storage"],
    ),
    (
        "feature s3",
        &[
            "clippy",
            "--quiet",
            "--package",
            "edge-platform",
            "--package",
            "edge-tests",
            "--features",
            "edge-platform/s3,edge-tests/s3",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ],
    ),
];

const STEPS: [(&str, &[&str]); 2] = [
    ("docs", &["doc", "--workspace", "--no-deps", "--quiet"]),
    // With the bucket's server, which `s3/main.rs` needs: what a feature adds to is built once so.
    ("tests", &["test", "--workspace", "--features", "edge-tests/s3", "--no-fail-fast"]),
];

/// Runs all of it; the first step that fails ends the run.
pub(crate) fn everything(root: &Path) -> Result {
    for (name, arguments) in BEFORE {
        step(name, || cargo(root, arguments))?;
    }
    step("generated code", || codegen::check(root))?;
    step("peers", peers::install)?;
    for (name, arguments) in CHECKS {
        step(name, || cargo(root, arguments))?;
    }
    step("fuzz targets", || fuzz::check(root))?;
    for (name, arguments) in STEPS {
        step(name, || cargo(root, arguments))?;
    }
    println!("all passed");
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result) -> Result {
    println!("== {name}");
    let start = Instant::now();
    work().map_err(|error| format!("{name}: {error}"))?;
    println!("== {name}: ok after {:.1} s", start.elapsed().as_secs_f32());
    Ok(())
}

fn cargo(root: &Path, arguments: &[&str]) -> Result {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    if arguments[0] == "doc" {
        command.env("RUSTDOCFLAGS", "--deny warnings");
    }
    run(command.current_dir(root).args(arguments))
}
