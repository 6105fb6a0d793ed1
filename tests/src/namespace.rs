//! Names and networks of a test's own, where the kernel lets us make them: with Linux's namespaces, as root.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::peer::{peer, skip};

/// Names that a process resolves, and no others: it asks nobody but a file.
#[derive(Debug)]
pub struct Names {
    folder: TempDir,
}

/// Puts our files in the place of the system's, for the program that it becomes.
const WITH_NAMES: &str = "mount --bind \"$0/hosts\" /etc/hosts && mount --bind \"$0/nsswitch.conf\" /etc/nsswitch.conf && exec \"$@\"";

impl Names {
    /// None yet. `None` when mounts of one's own cannot be had: the test must return then.
    ///
    /// # Panics
    /// When they cannot be had and `CI=true`.
    pub fn new() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = Self { folder };
        names.set("");
        std::fs::write(names.folder.path().join("nsswitch.conf"), "hosts: files\n")
            .expect("the folder is ours");
        if peer("unshare").is_some() && is_good(&mut names.command(Path::new("true"))) {
            return Some(names);
        }
        skip("mounts of its own (root)");
        None
    }

    /// What the names mean from now on, as in `/etc/hosts`.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn set(&self, hosts: &str) {
        // In place: it may be mounted.
        std::fs::write(self.folder.path().join("hosts"), hosts).expect("the folder is ours");
    }

    /// Starts a program that knows these names.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", WITH_NAMES]).arg(self.folder.path()).arg(program);
        command
    }
}

/// A network with this machine at one end, and nothing but what a test starts there at the other.
#[derive(Debug)]
pub struct Network {
    name: String,
    link: String,
    /// The other end's address.
    pub(crate) there: Ipv4Addr,
}

/// Of a range that is for such things (RFC 2544): four addresses are a network.
const RANGE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
const NETWORKS: u32 = 1 << 15;
/// How many this process has made. Others make theirs at the same time.
static MADE: AtomicU32 = AtomicU32::new(0);

impl Network {
    /// One whose link is up. `None` when networks cannot be made: the test must return then.
    ///
    /// # Panics
    /// When they cannot be made and `CI=true`.
    pub fn new() -> Option<Self> {
        let (process, number) = (std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let first = RANGE.to_bits() + 4 * (process.wrapping_mul(8).wrapping_add(number) % NETWORKS);
        let [here, there] = [1, 2].map(|end| Ipv4Addr::from_bits(first + end));
        let id = format!("{process}-{number}");
        let network = Self { name: format!("edge-{id}"), link: format!("edge{id}"), there };
        let Self { name, link, .. } = &network;
        let end = format!("there{id}");
        let made = peer("ip").is_some()
            && [
                &["netns", "add", name][..],
                &["link", "add", link, "type", "veth", "peer", "name", &end],
                &["link", "set", &end, "netns", name],
                &["address", "add", &format!("{here}/30"), "dev", link],
                &["-n", name, "address", "add", &format!("{there}/30"), "dev", &end],
                &["-n", name, "link", "set", &end, "up"],
                &["link", "set", link, "up"],
            ]
            .iter()
            .all(|arguments| ip(arguments));
        if made {
            return Some(network);
        }
        skip("networks of its own (root, `ip netns`, veth)");
        None
    }

    /// With `false` the link is down: nobody is told, and nothing gets through.
    ///
    /// # Panics
    /// When it cannot be changed.
    pub fn set_up(&self, up: bool) {
        assert!(ip(&["link", "set", &self.link, if up { "up" } else { "down" }]), "the link is ours");
    }

    /// Starts a program at the other end.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        ip(&["link", "delete", &self.link]);
        ip(&["netns", "delete", &self.name]);
    }
}

fn ip(arguments: &[&str]) -> bool {
    is_good(Command::new("ip").args(arguments))
}

fn is_good(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
