//! Tests that look at what belongs to the whole process: each starts its program again, with one test in it.

use std::process::Command;

/// Runs an ignored test by its path in a process of its own, and prints its figures. Returns what it has said.
pub(super) fn run(test: &str, row: &str) -> String {
    let program = std::env::current_exe().unwrap();
    let output = Command::new(program).args([test, "--exact", "--ignored", "--nocapture"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter(|line| line.starts_with(row)).for_each(|line| println!("{line}"));
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// Kilobytes of memory that the process has, apart from its program.
pub(super) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
