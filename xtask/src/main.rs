//! `cargo xtask`: the project's chores. `cargo xtask test` is what CI runs.

#![allow(clippy::print_stdout, reason = "a program for people")]

mod bench;
mod codegen;
mod fuzz;
mod peers;
mod soak;
mod test;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test       everything: formatting, generated code, lints, docs, features, all tests
  bench      benchmarks, a line for each figure with its bound (NAME: one of them); exit 1 when one is missed
  soak       a device among faults for minutes (MINUTES, 10; SEED, 1), what depends on chance with twenty seeds from that on,
             and the long tests; exit 1 when a bound is missed
  codegen    writes the code generated from proto/ (--check: only says whether it would change)
  peers      installs the real peers that the tests talk to (Debian, root)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["test"] => test::everything(&root()),
        ["codegen"] => codegen::write(&root()),
        ["codegen", "--check"] => codegen::check(&root()),
        ["bench"] => bench::run_benches(&root(), None),
        ["bench", name] => bench::run_benches(&root(), Some(name)),
        ["soak"] => soak::soak(&root(), None, None),
        ["soak", minutes] => soak::soak(&root(), Some(minutes), None),
        ["soak", minutes, seed] => soak::soak(&root(), Some(minutes), Some(seed)),
        ["peers"] => peers::install(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// The workspace's folder.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("xtask is a folder of the workspace").to_owned()
}

/// Runs a program to its end; anything but success is an error.
fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed: {status}").into()) }
}
