//! What rust-analyzer makes of a device with a mistake, where it is installed.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::cases;
use super::compiler::{Package, write_package};
use super::language_server::LanguageServer;
use super::words::unreadable;

/// A key is misspelled; everything else is right, and uses what the derive makes.
const BROKEN: &str = r#"use edge_runtime::{Change, Device, HandlerResult};

#[derive(Device, Clone)]
pub struct Lamp {
    #[asset(knd = "actuator")]
    level: u8,
    #[asset]
    hours: u32,
}

pub struct Driver;

impl LampHandler for Driver {
    async fn on_level(&mut self, lamp: &LampDevice, change: Change<u8>) -> HandlerResult<u8> {
        lamp.set_hours(lamp.hours() + 1).await?;
        lamp.set_level(change.value).await?;
        Ok(change.value)
    }
}

fn main() {}
"#;

#[test]
fn one_mistake_is_one_diagnostic() {
    let Some(package) = analyzed("one_mistake_is_one_diagnostic") else { return };
    let output = Command::new("rust-analyzer").arg("diagnostics").arg(package.folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors: Vec<&str> = said.lines().filter(|line| line.contains(" Error ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    let (place, message) = ("line: 4, col: 12 }", "unknown asset key `knd`, did you mean `kind`?");
    assert!(errors[0].contains(place) && errors[0].contains(message), "{said}");
}

/// It finds by itself what the macros say, and less than rustc of the rest. Where a label of ours is another place, it shows
/// that as an error of its own.
#[test]
fn editors_show_no_more_than_the_compiler() {
    let Some(package) = analyzed("editors_show_no_more_than_the_compiler") else { return };
    let mut server = LanguageServer::start(Command::new("rust-analyzer"), &package.folder);
    let (mut problems, mut shown) = (Vec::new(), 0);
    // A name that is there twice is taken for the other one by each of them.
    let judged = cases().into_iter().filter(|case| case.name != "method-own_handle");
    for case in judged {
        let mut errors = server.errors(&package.file, &std::fs::read_to_string(&case.path).unwrap());
        // Of what no macro sees, it has its own opinion.
        errors.retain(|(message, _)| !message.starts_with("Syntax Error"));
        shown += usize::from(!errors.is_empty());
        let slips = errors.iter().any(|(message, _)| unreadable(message).next().is_some());
        if slips || errors.len() > case.expected.len() + 1 {
            problems.push(format!("{}: {errors:#?}", case.name));
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    assert!(shown > 200, "it has found mistakes in {shown} cases only");
}

#[test]
fn what_is_right_is_completed() {
    let Some(package) = analyzed("what_is_right_is_completed") else { return };
    let mut server = LanguageServer::start(Command::new("rust-analyzer"), &package.folder);
    let text = BROKEN.replace("lamp.set_level(change.value).await?;", "lamp.|");
    let offered = server.completions(&package.file, &text);
    for method in ["level", "set_level", "hours", "set_hours", "observe_hours", "update", "close"] {
        assert!(offered.iter().any(|name| name == method), "{method} is not among {offered:?}");
    }
    assert!(!offered.iter().any(|name| name.starts_with("__")), "{offered:?}");
}

/// The package with the mistake.
struct Analyzed {
    folder: PathBuf,
    file: PathBuf,
}

/// Made for the test of that name, which is named as skipped where there is no rust-analyzer.
fn analyzed(test: &'static str) -> Option<Analyzed> {
    if !is_installed() {
        // Not by `eprintln!`, which test runners keep to themselves when a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: {test} needs rust-analyzer");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge").join(test);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("broken.rs");
    std::fs::write(&file, BROKEN).unwrap();
    write_package(&folder, &Package::new("analyzed"), &HashMap::from([("broken".to_owned(), file.clone())]));
    Some(Analyzed { folder, file })
}

/// rustup installs a program of that name that only says that the tool is missing.
fn is_installed() -> bool {
    Command::new("rust-analyzer").arg("--version").output().is_ok_and(|output| output.status.success())
}
