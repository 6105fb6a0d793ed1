//! Programs that are not ours and may not be installed.

use std::io::Write as _;
use std::path::PathBuf;

/// A program that is there.
#[derive(Clone, Debug)]
pub struct Peer(pub(crate) PathBuf);

/// Finds a program. Without it the test must return: what is skipped is named on standard error, and
/// with `CI=true` it is a failure.
///
/// # Panics
/// When the program is missing and `CI=true`.
pub fn peer(program: &str) -> Option<Peer> {
    let found = find(program);
    if found.is_none() {
        skip(&format!("`{program}`, which is not installed (`cargo xtask peers`)"));
    }
    found
}

pub(crate) fn find(program: &str) -> Option<Peer> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    // Debian keeps servers where only root looks.
    let mut places = std::env::split_paths(&folders)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .map(|folder| folder.join(program));
    places.find(|path| path.is_file()).map(Peer)
}

/// Names a test that is not run, and what it needs.
///
/// # Panics
/// When `CI=true`.
pub fn skip(needs: &str) {
    let test = test();
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test} needs {needs}");
    // Not by `eprintln!`, which test runners keep to themselves when a test passes.
    let _ = writeln!(std::io::stderr(), "skipped: {test} needs {needs}");
}

fn test() -> String {
    std::thread::current().name().unwrap_or("a test").to_owned()
}
