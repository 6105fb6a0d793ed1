//! A process that a test starts, reads, and ends.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;

/// A running process. Killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Standard output.
    pub out: Lines,
    /// Standard error.
    pub err: Lines,
}

/// The lines that a process has printed, and those to come.
#[derive(Clone, Debug)]
pub struct Lines {
    lines: Arc<Mutex<Vec<String>>>,
    changed: watch::Receiver<usize>,
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(command: &mut std::process::Command) -> std::io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = Command::from(std::mem::replace(command, std::process::Command::new("")));
        let mut child = command.kill_on_drop(true).spawn()?;
        let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        Ok(Self { out: Lines::read(out), err: Lines::read(err), child })
    }

    /// Ends it at once (SIGKILL), and waits until it is gone.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn kill(&mut self) -> std::io::Result<()> {
        self.child.kill().await
    }

    /// Its id; `None` when it has ended.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Sends a signal and goes on.
    ///
    /// # Errors
    /// When it cannot be signalled.
    pub async fn send(&self, signal: &str) -> std::io::Result<()> {
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(format!("-{signal}")).arg(id.to_string()).status().await?;
        }
        Ok(())
    }

    /// Asks it to end (SIGTERM, SIGINT, ..), and waits for its exit status.
    ///
    /// # Errors
    /// When it cannot be signalled or waited for.
    pub async fn signal(&mut self, signal: &str) -> std::io::Result<ExitStatus> {
        self.send(signal).await?;
        self.child.wait().await
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub async fn wait(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }
}

impl Lines {
    fn read(stream: impl AsyncRead + Unpin + Send + 'static) -> Self {
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let (count, changed) = watch::channel(0);
        let kept = Arc::clone(&lines);
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream).lines();
            while let Ok(Some(line)) = reader.next_line().await {
                kept.lock().expect("no test panics while it holds this").push(line);
                count.send_modify(|count| *count += 1);
            }
        });
        Self { lines, changed }
    }

    /// All of it so far.
    pub fn text(&self) -> String {
        self.lines.lock().expect("no test panics while it holds this").join("\n")
    }

    /// Waits for a line, from the first one on.
    ///
    /// # Panics
    /// When the process ends without it; shows what it printed.
    pub async fn wait_for(&self, wanted: impl Fn(&str) -> bool) -> String {
        let mut changed = self.changed.clone();
        let mut seen = 0;
        loop {
            let lines = self.lines.lock().expect("no test panics while it holds this").clone();
            if let Some(line) = lines[seen..].iter().find(|line| wanted(line)) {
                return line.clone();
            }
            seen = lines.len();
            if changed.wait_for(|count| *count > seen).await.is_err() && seen == self.len() {
                panic!("the process ended without the line that was waited for:\n{}", self.text());
            }
        }
    }

    /// All of it, when the process has ended.
    pub async fn end(&self) -> String {
        let mut changed = self.changed.clone();
        while changed.changed().await.is_ok() {}
        self.text()
    }

    fn len(&self) -> usize {
        self.lines.lock().expect("no test panics while it holds this").len()
    }
}
