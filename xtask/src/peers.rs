//! The real peers that the tests talk to: installed where that is allowed, named where it is not.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Result, run};

/// A program and the Debian package that brings it.
struct Peer {
    program: &'static str,
    package: &'static str,
}

const PEERS: [Peer; 3] = [
    Peer { program: "mosquitto", package: "mosquitto" },
    Peer { program: "mosquitto_sub", package: "mosquitto-clients" },
    Peer { program: "postgres", package: "postgresql" },
];

/// Where Debian keeps the programs of its PostgreSQL versions: `{version}/bin`, and not in the path.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// What Debian's PostgreSQL reads before it makes a database of its own.
const CLUSTER_CONFIG: &str = "/etc/postgresql-common/createcluster.d/edge-tests.conf";

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
    if missing.contains(&"postgresql") {
        refuse_main_cluster()?;
    }
    run(apt().arg("update"))?;
    run(apt().args(["install", "--yes", "--no-install-recommends"]).args(&missing))
}

/// Debian would make a database of its own and start it: the tests make theirs.
fn refuse_main_cluster() -> Result {
    let path = Path::new(CLUSTER_CONFIG);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    Ok(std::fs::write(path, "create_main_cluster = false\n")?)
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
    let versions = std::fs::read_dir(POSTGRESQL).into_iter().flatten().flatten();
    std::env::split_paths(&folders)
        .chain(["/usr/sbin".into()])
        .chain(versions.map(|version| version.path().join("bin")))
        .any(|folder| folder.join(program).is_file())
}

fn may_install() -> bool {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0"));
    is_root && Path::new("/etc/debian_version").exists() && exists("apt-get")
}
