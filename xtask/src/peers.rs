//! The real peers that the tests talk to: installed where that is allowed, named where it is not.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Result, run};

/// A program and the Debian package that brings it.
struct Peer {
    program: &'static str,
    package: &'static str,
}

const PEERS: [Peer; 2] = [
    Peer { program: "mosquitto", package: "mosquitto" },
    Peer { program: "mosquitto_sub", package: "mosquitto-clients" },
];

/// Installs what is missing on Debian as root. Elsewhere the tests that need a peer skip themselves
/// and say so; with `CI=true` they fail instead.
pub(crate) fn install() -> Result {
    let missing: Vec<_> =
        PEERS.iter().filter(|peer| !exists(peer.program)).map(|peer| peer.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !may_install() {
        println!(
            "not installed, and not Debian with root: {}; tests that need them are skipped",
            missing.join(", ")
        );
        return Ok(());
    }
    println!("installing {}", missing.join(", "));
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
}

fn apt() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-qq").env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    // Debian would start Mosquitto as a service of its own: the tests start theirs.
    command.env("RUNLEVEL", "1");
    command
}

fn exists(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).is_file())
}

fn may_install() -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"));
    is_root && Path::new("/etc/debian_version").exists() && exists("apt-get")
}
