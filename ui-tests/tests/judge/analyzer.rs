//! What rust-analyzer makes of a device with a mistake, where it is installed.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use super::compiler::{Package, write_package};

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
    if !is_installed() {
        // Not by `eprintln!`, which test runners keep to themselves when a test passes.
        let _ = writeln!(std::io::stderr(), "skipped: one_mistake_is_one_diagnostic needs rust-analyzer");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("judge/analyzed");
    std::fs::create_dir_all(&folder).unwrap();
    let source = folder.join("broken.rs");
    std::fs::write(&source, BROKEN).unwrap();
    write_package(&folder, &Package::new("analyzed"), &HashMap::from([("broken".to_owned(), source)]));
    let output = Command::new("rust-analyzer").arg("diagnostics").arg(&folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("unknown asset key `knd`, did you mean `kind`?"), "{said}");
    assert!(!said.contains("E0599") && !said.contains("unresolved-method"), "{said}");
}

/// rustup installs a program of that name that only says that the tool is missing.
fn is_installed() -> bool {
    Command::new("rust-analyzer").arg("--version").output().is_ok_and(|output| output.status.success())
}
