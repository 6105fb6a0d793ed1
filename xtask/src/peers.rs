//! The real peers that the tests talk to: installed where that is allowed, named where it is not.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{Result, run};

/// How it is known that a peer is there.
enum Sign {
    Program(&'static str),
    /// Python can make virtual environments, as the tests do for peers that are Python packages: clients, and the
    /// NATS server. Debian has that apart from Python.
    VirtualEnvironments,
}

/// A peer and the Debian package that brings it.
struct Peer {
    sign: Sign,
    package: &'static str,
}

const PEERS: [Peer; 8] = [
    Peer { sign: Sign::Program("mosquitto"), package: "mosquitto" },
    Peer { sign: Sign::Program("mosquitto_sub"), package: "mosquitto-clients" },
    Peer { sign: Sign::Program("postgres"), package: "postgresql" },
    Peer { sign: Sign::Program("curl"), package: "curl" },
    Peer { sign: Sign::Program("openssl"), package: "openssl" },
    Peer { sign: Sign::Program("ip"), package: "iproute2" },
    // Of a benchmark.
    Peer { sign: Sign::Program("valgrind"), package: "valgrind" },
    Peer { sign: Sign::VirtualEnvironments, package: "python3-venv" },
];

impl Peer {
    fn is_there(&self) -> bool {
        match self.sign {
            Sign::Program(program) => exists(program),
            Sign::VirtualEnvironments => {
                let asked = Command::new("python3").args(["-c", "import ensurepip, venv"]).output();
                asked.is_ok_and(|output| output.status.success())
            }
        }
    }
}

/// Where Debian keeps the programs of its PostgreSQL versions: `{version}/bin`, and not in the path.
const POSTGRESQL: &str = "/usr/lib/postgresql";

/// What Debian's PostgreSQL reads before it makes a database of its own.
const CLUSTER_CONFIG: &str = "/etc/postgresql-common/createcluster.d/edge-tests.conf";

/// Installs what is missing on Debian as root. Elsewhere the tests that need a peer skip themselves
/// and say so; with `CI=true` they fail instead.
pub(crate) fn install() -> Result {
    let missing: Vec<_> = PEERS.iter().filter(|peer| !peer.is_there()).map(|peer| peer.package).collect();
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

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes with those packages, or is on every Debian.
    const WITH_OTHERS: [&str; 4] = ["mosquitto_passwd", "mosquitto_pub", "python3", "unshare"];

    /// The programs that the files of a folder ask for by name, as `peer("openssl")`.
    fn asked_for(folder: &Path, programs: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                asked_for(&path, programs);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for call in ["peer(\"", ".needs(\""] {
                    let named = text.split(call).skip(1).filter_map(|rest| rest.split('"').next());
                    programs.extend(named.map(str::to_owned));
                }
            }
        }
    }

    /// Three were not, although whoever missed them was told to install them so.
    #[test]
    fn whatever_tests_and_benchmarks_ask_for_is_installed() {
        let mut programs = Vec::new();
        for folder in ["it", "src", "benches"] {
            asked_for(&crate::root().join("tests").join(folder), &mut programs);
        }
        assert!(programs.len() > 5, "{programs:?}");
        let is_known = |program: &str| {
            let is_sign = |peer: &Peer| matches!(peer.sign, Sign::Program(sign) if sign == program);
            PEERS.iter().any(is_sign) || WITH_OTHERS.contains(&program)
        };
        programs.retain(|program| !is_known(program));
        assert!(programs.is_empty(), "{programs:?}");
    }
}
