//! Our own programs, built when a test first needs them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// The path of an example, built.
///
/// # Panics
/// When it does not build.
pub fn example(name: &str) -> PathBuf {
    build(&["--example", name]);
    folder().join("examples").join(name)
}

/// The path of a program of the workspace, built.
///
/// # Panics
/// When it does not build.
pub fn program(name: &str) -> PathBuf {
    build(&["--bin", name]);
    folder().join(name)
}

/// A feature of one of our programs that the tests' own build is without.
#[derive(Clone, Copy, Debug)]
pub enum Feature {
    /// The platform's objects in a bucket.
    S3,
}

/// The path of `edge-platform` with a feature, built. It takes the place of the one without: a test that asks for it, and
/// one that asks for the other, are not in one program.
///
/// # Panics
/// When it does not build.
pub fn program_with(feature: Feature) -> PathBuf {
    let feature = match feature {
        Feature::S3 => "edge-platform/s3",
    };
    build(&["--bin", "edge-platform", "--features", feature]);
    folder().join("edge-platform")
}

/// For the whole workspace, so that its dependencies have the features that the tests' own have, and
/// are not built twice.
fn build(arguments: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--workspace"]).args(arguments);
    if cfg!(feature = "s3") {
        command.args(["--features", "edge-tests/s3"]);
    }
    // What cargo tells this test about its package, others' build scripts look at (ring's): they and all that
    // depends on them would be built again, by the test and by cargo in turns.
    let is_of_package = |name: &OsStr| {
        name.to_str()
            .is_some_and(|name| ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|it| name.starts_with(it)))
    };
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_package(name)) {
        command.env_remove(name);
    }
    if folder().ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo runs");
    assert!(status.success(), "cargo build {arguments:?}: {status}");
}

/// `target/debug`, say: the tests run from `target/debug/deps`.
fn folder() -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    own.ancestors().nth(2).expect("tests run from target/debug/deps").to_owned()
}
