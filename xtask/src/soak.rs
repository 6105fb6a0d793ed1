//! What takes longer than anybody waits for: a device among faults for minutes or hours, and the long tests.

use std::path::Path;
use std::process::Command;

use crate::{Result, run};

/// Runs both, the soak first; the second also when the first has failed.
pub(crate) fn soak(root: &Path, minutes: Option<&str>, seed: Option<&str>) -> Result {
    let number = |text: Option<&str>, default: &str| match text.unwrap_or(default).parse::<u32>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => Err(format!("`{}` is not a whole number", text.unwrap_or(default))),
    };
    let (minutes, seed) = (number(minutes, "10")?, number(seed, "1")?);
    println!("== soak: {minutes} min, seed {seed}");
    // As the tests are built: nothing here is about speed.
    let soak = ["bench", "--quiet", "--profile", "dev", "--package", "edge-tests", "--bench", "soak", "--"];
    let soaked = cargo(root, &[&soak[..], &[&minutes, &seed]].concat());
    println!("== long tests");
    let long =
        ["test", "--quiet", "--package", "edge-tests", "--test", "it", "--", "--ignored", "--nocapture"];
    let tested = cargo(root, &[&long[..], &["--test-threads", "1"]].concat());
    soaked.map_err(|_| "soak: a bound was missed, or it failed".into()).and(tested)
}

fn cargo(root: &Path, arguments: &[&str]) -> Result {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(Command::new(cargo).current_dir(root).args(arguments))
}
