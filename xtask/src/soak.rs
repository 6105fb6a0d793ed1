//! What takes longer than anybody waits for: a device among faults for minutes or hours, the rows of the table of faults that
//! depend on chance with many seeds, and the long tests.

use std::path::Path;
use std::process::Command;

use crate::{Result, run};

/// How often a row is tried that depends on chance.
const SEEDS: u32 = 20;
/// Those rows, by the names of their tests: when something goes wrong, and how long is waited then, decides what is on its way.
const ROWS: [&str; 24] = [
    "r01_", "r02_", "r03_", "r06_", "r11_", "r14_", "r15_", "r20_", "c01_", "c02_", "c03_", "c04_", "c05_",
    "c06_", "c08_", "c10_", "c12_", "c13_", "c14_", "c16_", "c18_", "h02_", "h03_", "h06_",
];

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
    let soaked = soaked.map_err(|_| "soak: a bound was missed, or it failed".into());
    let rows = rows(root, seed);
    println!("== what must not be seen, and bombs, as released");
    let released = tests(root, seed, &["s04_", "s09_bombs"]);
    println!("== five million broken packets");
    let packets = ["test", "--release", "--quiet", "--package", "edge-runtime", "--lib", "h02_"];
    let packets = cargo(root, seed, &packets);
    println!("== long tests");
    let long = tests(root, seed, &["--ignored", "--test-threads", "1"]);
    soaked.and(rows).and(released).and(packets).and(long)
}

/// The rows that depend on chance, with so many seeds from this one on; all of them, whatever fails.
fn rows(root: &Path, first: u32) -> Result {
    let fails = |seed: &u32| {
        println!("== rows that depend on chance, seed {seed}");
        tests(root, *seed, &[&["--test-threads", "2"], &ROWS[..]].concat()).is_err()
    };
    let failed: Vec<u32> = (first..first.saturating_add(SEEDS)).filter(fails).collect();
    println!("== rows that depend on chance: {} of {SEEDS} seeds passed", SEEDS as usize - failed.len());
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("rows that depend on chance: seeds {failed:?}").into())
    }
}

/// Optimized, as what is released: bounds of time are for that, and what is long takes a fraction of the time.
fn tests(root: &Path, seed: u32, arguments: &[&str]) -> Result {
    let test =
        ["test", "--release", "--quiet", "--package", "edge-tests", "--test", "it", "--", "--nocapture"];
    cargo(root, seed, &[&test[..], arguments].concat())
}

fn cargo(root: &Path, seed: u32, arguments: &[&str]) -> Result {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).current_dir(root).env("EDGE_SEED", seed.to_string()).args(arguments))
}
