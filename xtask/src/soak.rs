//! What takes longer than anybody waits for: a device among faults for minutes or hours, the rows of the table of faults that
//! depend on chance with many seeds, and the long tests.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Result, run};

/// How often a row is tried that depends on chance.
const SEEDS: u32 = 20;
/// Those rows, by the names of their tests: when something goes wrong, and how long is waited then, decides what is on its way.
///
/// Of H10 nothing is drawn: its devices and programs end, and come back with their first connection, which nothing keeps from them.
const ROWS: [&str; 32] = [
    "::r01_",
    "::r02_",
    "::r03_",
    "::r06_",
    "::r07_",
    "::r11_",
    "::r14_",
    "::r15_",
    "::r17_",
    "::r20_",
    "::c01_",
    "::c02_",
    "::c03_",
    "::c04_",
    "::c05_",
    "::c06_",
    "::c08_",
    "::c09_",
    "::c10_",
    "::c11_",
    "::c12_",
    "::c13_",
    "::c14_",
    "::c15_a_machine_",
    "::c16_",
    "::c18_",
    "::h02_",
    "::h03_",
    "::h06_",
    "::h07_",
    "::h09_",
    "::h12_",
];
/// And what is done with a device in whatever order.
const INTERLEAVINGS: &str = "::interleavings_";
/// Tests of such rows that no seed says anything of: their devices are other programs, or have threads of their own, or a
/// connection that nothing happens to, so that no wait is drawn.
const UNSOWN: [&str; 6] = [
    "faults::signals::",
    "faults::store::lives::",
    "::h07_a_burst_",
    "::h07_large_commands_",
    "::h06_a_handler_has_the_time_that_its_asset_gives_it",
    "::h09_a_command_that_comes_again_is_answered_from_memory",
];
/// What tests start again by themselves, as the only one in its process.
const ALONE: &str = "in_a_process_of_its_own";

/// Runs all of it, the soak first; what comes after a failure as well.
pub(crate) fn soak(root: &Path, minutes: Option<&str>, seed: Option<&str>) -> Result {
    let number = |text: Option<&str>, default: &str| {
        let text = text.unwrap_or(default);
        text.parse::<u32>().map_err(|_| format!("`{text}` is not a whole number"))
    };
    let (minutes, seed) = (number(minutes, "10")?, number(seed, "1")?);
    println!("== soak: {minutes} min, seed {seed}");
    // As the tests are built: nothing here is about speed.
    let soak = ["bench", "--quiet", "--profile", "dev", "--package", "edge-tests", "--bench", "soak", "--"];
    let soaked = cargo(root, seed, &[&soak[..], &[&minutes.to_string(), &seed.to_string()]].concat());
    let soaked = soaked.map_err(|_| "a bound was missed, or it failed".into());
    let rows = rows(root, seed);
    println!("== what must not be seen, bombs and full disks, as released");
    let released = tests(root, seed, &["s04_", "s09_bombs", "::r09_"]);
    println!("== five million broken packets");
    let packets = ["test", "--release", "--quiet", "--package", "edge-runtime", "--lib", "h02_"];
    let packets = cargo(root, seed, &packets);
    println!("== long tests");
    let long = tests(root, seed, &["--ignored", "--skip", ALONE, "--test-threads", "1"]);
    all([
        ("soak", soaked),
        ("rows that depend on chance", rows),
        ("what must not be seen, bombs and full disks", released),
        ("broken packets", packets),
        ("long tests", long),
    ])
}

/// What has failed, a line for each part, behind all that the parts have printed.
fn all<const PARTS: usize>(parts: [(&str, Result); PARTS]) -> Result {
    let failed = parts.into_iter().filter_map(|(name, result)| Some(format!("\n{name}: {}", result.err()?)));
    let failed: String = failed.collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.into()) }
}

/// The rows that depend on chance, with so many seeds from this one on; all of them, whatever fails.
fn rows(root: &Path, first: u32) -> Result {
    let skipped = UNSOWN.map(|test| ["--skip", test]);
    let wanted = [&ROWS[..], &[INTERLEAVINGS]].concat();
    let chosen = [skipped.as_flattened(), &wanted].concat();
    let list = |more: &[&str]| output(root, first, &[&["--list"], more, &chosen[..]].concat(), |_| {});
    // Those that are ignored are listed without the word for them as well.
    let (listed, ignored) =
        (names_before(&list(&[])?.0, ": test"), names_before(&list(&["--ignored"])?.0, ": test"));
    let run: Vec<_> = listed.into_iter().filter(|name| !ignored.contains(name)).collect();
    let none: Vec<_> = wanted.iter().filter(|row| !run.iter().any(|name| name.contains(**row))).collect();
    if !none.is_empty() {
        return Err(format!("no test is named {none:?}").into());
    }
    let mut failed = BTreeMap::<String, Vec<u32>>::new();
    for seed in first..first.saturating_add(SEEDS) {
        println!("== rows that depend on chance, seed {seed}");
        let arguments = [&["--test-threads", "2"], &chosen[..]].concat();
        let (text, succeeded) = output(root, seed, &arguments, |line| println!("{line}"))?;
        let mut names = failed_tests(&text);
        if !succeeded && names.is_empty() {
            names.push("the whole run".to_owned());
        }
        names.into_iter().for_each(|name| failed.entry(name).or_default().push(seed));
    }
    if failed.is_empty() {
        println!("== rows that depend on chance: all {SEEDS} seeds passed");
        return Ok(());
    }
    let lines = failed.iter().map(|(name, seeds)| format!("\n  {name}, with EDGE_SEED={seeds:?}"));
    Err(lines.collect::<String>().into())
}

/// The names in lines that end like this.
fn names_before(text: &str, end: &str) -> Vec<String> {
    text.lines().filter_map(|line| Some(line.strip_suffix(end)?.to_owned())).collect()
}

/// The names that the harness sums up at its end, each on a line of its own.
fn failed_tests(text: &str) -> Vec<String> {
    let Some((_, last)) = text.rsplit_once("\nfailures:\n") else { return Vec::new() };
    last.lines().map_while(|line| line.strip_prefix("    ")).map(str::to_owned).collect()
}

/// Optimized, as what is released: bounds of time are for that, and what is long takes a fraction of the time.
fn tests(root: &Path, seed: u32, arguments: &[&str]) -> Result {
    cargo(root, seed, &[&TESTS[..], arguments].concat())
}

const TESTS: [&str; 9] =
    ["test", "--release", "--quiet", "--package", "edge-tests", "--test", "it", "--", "--nocapture"];

fn cargo(root: &Path, seed: u32, arguments: &[&str]) -> Result {
    run(&mut command(root, seed, arguments))
}

fn command(root: &Path, seed: u32, arguments: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).env("EDGE_SEED", seed.to_string()).args(arguments);
    command
}

/// Runs tests; returns what they have printed, of which each line is heard as it comes, and whether they succeeded.
fn output(root: &Path, seed: u32, arguments: &[&str], hear: impl Fn(&str)) -> Result<(String, bool)> {
    let mut child = command(root, seed, &[&TESTS[..], arguments].concat()).stdout(Stdio::piped()).spawn()?;
    let mut text = String::new();
    for line in BufReader::new(child.stdout.take().expect("it is piped")).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        hear(&line);
        text.push_str(&line);
        text.push('\n');
    }
    Ok((text, child.wait()?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_read_from_the_end_of_what_tests_have_printed() {
        let text = "running 2 tests\nfailures:\n\n\nfailures:\n    faults::a::c01_x\n    faults::b::r01_y\n\ntest result: FAILED.\n";
        assert_eq!(failed_tests(text), ["faults::a::c01_x", "faults::b::r01_y"]);
        assert!(failed_tests("test result: ok.\n").is_empty());
    }

    #[test]
    fn no_failure_hides_another() {
        let said = all([("one", Err("a".into())), ("two", Ok(())), ("three", Err("b".into()))]);
        assert_eq!(said.unwrap_err().to_string(), "\none: a\nthree: b");
    }
}
