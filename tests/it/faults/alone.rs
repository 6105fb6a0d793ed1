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
    status("RssAnon:")
}

/// Kilobytes of memory that the process has at most while this is done, beyond what it has before; apart from its program,
/// of which parts are read from the disk when they are needed.
pub(super) fn peak(act: impl FnOnce()) -> usize {
    let apart_from_program = || status("VmHWM:") - status("RssFile:");
    // The most is what there is now (`man 5 proc_pid_clear_refs`).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = apart_from_program();
    act();
    apart_from_program().saturating_sub(before)
}

fn status(name: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
