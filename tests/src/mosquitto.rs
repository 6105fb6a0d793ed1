//! A real Mosquitto, and its command-line clients as observers that are not ours.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;

use tempfile::TempDir;

use crate::namespace::Network;
use crate::peer::{Peer, peer};
use crate::ports::free_port;
use crate::process::{Lines, Process};

/// What a broker keeps when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// Nothing.
    Short,
    /// Sessions and messages.
    Long,
    /// These, also when it is killed: it writes them down as soon as something has changed.
    Always,
}

const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A broker of the test's own.
#[derive(Debug)]
pub struct Mosquitto {
    peer: Peer,
    folder: TempDir,
    host: Ipv4Addr,
    port: u16,
    process: Process,
}

impl Mosquitto {
    /// Starts one on a free port, without persistence. `None` when it is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start() -> Option<Self> {
        Self::with(Memory::Short).await
    }

    /// Starts one that keeps sessions and messages in its folder when it ends.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start_persistent() -> Option<Self> {
        Self::with(Memory::Long).await
    }

    /// Starts one that keeps sessions and messages in its folder whatever happens to it. It is slow.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start_durable() -> Option<Self> {
        Self::with(Memory::Always).await
    }

    /// Starts one that has a list of who may say what (`acl_file`), and ends connections for larger packets than this.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start_strict(list: &str, largest: usize) -> Option<Self> {
        let more = |folder: &TempDir| {
            let path = folder.path().join("list");
            std::fs::write(&path, list).expect("the folder is ours");
            format!("{ANYBODY}acl_file {}\nmax_packet_size {largest}\n", path.display())
        };
        Self::launched(Memory::Short, HOST, more, |peer| Command::new(&peer.0)).await
    }

    /// Starts one that lets in these users with this password, with what else is in its configuration and its list of who may
    /// say what.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start_guarded(settings: &str, list: &str, users: &[&str], password: &str) -> Option<Self> {
        let passwd = peer("mosquitto_passwd")?;
        let more = |folder: &TempDir| {
            let [acl, passwords] = ["list", "passwords"].map(|name| folder.path().join(name));
            std::fs::write(&acl, list).expect("the folder is ours");
            std::fs::write(&passwords, "").expect("the folder is ours");
            for user in users {
                let mut add = Command::new(&passwd.0);
                let status = add.arg("-b").arg(&passwords).args([user, password]).status();
                assert!(status.is_ok_and(|status| status.success()), "`{user}` has a password");
            }
            format!("acl_file {}\npassword_file {}\n{settings}", acl.display(), passwords.display())
        };
        Self::launched(Memory::Short, HOST, more, |peer| Command::new(&peer.0)).await
    }

    async fn with(memory: Memory) -> Option<Self> {
        Self::launched(memory, HOST, |_| ANYBODY.to_owned(), |peer| Command::new(&peer.0)).await
    }

    async fn launched(
        memory: Memory,
        host: Ipv4Addr,
        more: impl Fn(&TempDir) -> String,
        command: impl Fn(&Peer) -> Command,
    ) -> Option<Self> {
        let peer = peer("mosquitto")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = free_port();
        configure(&folder, host, port, memory, &more(&folder));
        let process = launch(command(&peer), &folder).await;
        Some(Self { peer, folder, host, port, process })
    }

    /// Starts one at the other end of a network, without persistence.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start_in(network: &Network) -> Option<Self> {
        Self::launched(Memory::Short, network.there, |_| ANYBODY.to_owned(), |peer| network.command(&peer.0))
            .await
    }

    /// Asks it to end (SIGTERM): a persistent one writes what it has to its folder.
    ///
    /// # Panics
    /// When it cannot be signalled.
    pub async fn terminate(&mut self) {
        self.process.signal("TERM").await.expect("it can be signalled");
    }

    /// Ends it with SIGKILL: whatever it had in memory is gone.
    ///
    /// # Panics
    /// When it cannot be ended.
    pub async fn kill(&mut self) {
        self.process.kill().await.expect("it can be killed");
    }

    /// Stops it where it is (SIGSTOP), as a machine that hangs: its connections stay.
    ///
    /// # Panics
    /// When it cannot be signalled.
    pub async fn freeze(&self) {
        self.process.send("STOP").await.expect("it can be signalled");
    }

    /// Lets it go on (SIGCONT).
    ///
    /// # Panics
    /// When it cannot be signalled.
    pub async fn thaw(&self) {
        self.process.send("CONT").await.expect("it can be signalled");
    }

    /// Starts it again on the same port.
    pub async fn restart(&mut self) {
        self.process = launch(Command::new(&self.peer.0), &self.folder).await;
    }

    /// What it says of its clients, since it was last started.
    pub fn log(&self) -> Lines {
        self.process.err.clone()
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("mqtt://{}", self.address())
    }

    /// Its address, without a word for what is spoken there.
    pub fn address(&self) -> SocketAddr {
        (self.host, self.port).into()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

const CONFIG: &str = "mosquitto.conf";
const ANYBODY: &str = "allow_anonymous true\n";

/// Without a limit of what waits for a slow subscriber: by default Mosquitto acknowledges what comes
/// beyond 1,000 messages, and drops it.
fn configure(folder: &TempDir, host: Ipv4Addr, port: u16, memory: Memory, more: &str) {
    let text = format!(
        "listener {port} {host}\nset_tcp_nodelay true\nuser {}\nlog_dest stderr\n\
         max_queued_messages 0\n\
         persistence {}\npersistence_location {}/\n{}{more}",
        std::env::var("USER").unwrap_or_else(|_| "root".to_owned()),
        memory != Memory::Short,
        folder.path().display(),
        if memory == Memory::Always { "autosave_on_changes true\nautosave_interval 1\n" } else { "" }
    );
    std::fs::write(folder.path().join(CONFIG), text).expect("the folder is ours");
}

async fn launch(mut command: Command, folder: &TempDir) -> Process {
    command.arg("-c").arg(folder.path().join(CONFIG));
    let process = Process::start(&mut command).expect("it is executable");
    process.err.wait_for(|line| line.ends_with("running")).await;
    process
}

/// Kept by the broker, so that it is what a new subscriber hears first.
const READY: &str = "edge-tests/ready";

/// Subscribes with `mosquitto_sub`: a line `topic payload` for each message, after it is subscribed.
/// `None` when it is not installed.
///
/// # Panics
/// When it does not start.
pub async fn subscribe(port: u16, filter: &str) -> Option<(Process, Lines)> {
    let program = peer("mosquitto_sub")?;
    send(port, &["-r", "-t", READY, "-m", "ready"]).await?;
    let port = port.to_string();
    let arguments =
        ["-h", &HOST.to_string(), "-p", &port, "-q", "1", "-t", filter, "-t", READY, "-F", "%t %p"];
    let process = Process::start(Command::new(program.0).args(arguments)).expect("it is executable");
    process.out.wait_for(|line| line.starts_with(READY)).await;
    let lines = process.out.clone();
    Some((process, lines))
}

/// Publishes with `mosquitto_pub`. `None` when it is not installed.
///
/// # Panics
/// When it fails.
pub async fn publish(port: u16, topic: &str, payload: &str) -> Option<()> {
    send(port, &["-q", "1", "-t", topic, "-m", payload]).await
}

/// Publishes with `mosquitto_pub` what the broker keeps for those who subscribe later.
/// `None` when it is not installed.
///
/// # Panics
/// When it fails.
pub async fn publish_retained(port: u16, topic: &str, payload: &str) -> Option<()> {
    send(port, &["-q", "1", "-r", "-t", topic, "-m", payload]).await
}

async fn send(port: u16, arguments: &[&str]) -> Option<()> {
    let mut command = Command::new(peer("mosquitto_pub")?.0);
    command.args(["-h", &HOST.to_string(), "-p", &port.to_string()]).args(arguments);
    let mut process = Process::start(&mut command).expect("it is executable");
    assert!(process.wait().await.expect("it ends").success(), "{}", process.err.text());
    Some(())
}
