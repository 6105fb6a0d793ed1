//! Whether the targets for libFuzzer compile. They are a workspace of their own, which no other step looks at.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Result, run};

/// Names what is linked in place of the libFuzzer that libfuzzer-sys would build: half a minute of C++. Nothing is linked here.
const LINKED: [&str; 2] = ["CUSTOM_LIBFUZZER_PATH", "./libfuzzer.a"];

/// On any compiler, which is enough to see that what they call is still there.
pub(crate) fn check(root: &Path) -> Result {
    let folder = root.join("fuzz");
    // Of the same versions as everything else, so that most of what they need is there by now.
    let versions = folder.join("Cargo.lock");
    if !versions.exists() {
        fs::copy(root.join("Cargo.lock"), versions)?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(folder).env(LINKED[0], LINKED[1]).args(["clippy", "--quiet", "--target-dir"]);
    run(command.arg(root.join("target")).args(["--", "--deny", "warnings"]))
}
