//! A running task and its owner: it is waited for, or stopped when the owner is dropped.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A task that ends with its owner.
#[derive(Debug)]
pub(crate) struct Task {
    name: &'static str,
    handle: JoinHandle<()>,
}

/// Sent once by the server's owner; every task that listens for it holds a clone.
pub(crate) type Stop = watch::Receiver<bool>;

/// Ends when the stop was asked for, or when nobody is left who could ask.
pub(crate) async fn stopped(mut stop: Stop) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Says by being dropped that a task has ended, whatever the reason.
struct Ended {
    name: &'static str,
    report: mpsc::UnboundedSender<&'static str>,
}

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.report.send(self.name);
    }
}

/// Starts tasks and hears of their end.
#[derive(Debug)]
pub(crate) struct Tasks {
    /// Every task sends its name when it ends: a handful in a server's life, so it needs no bound.
    report: mpsc::UnboundedSender<&'static str>,
    ended: mpsc::UnboundedReceiver<&'static str>,
}

impl Tasks {
    pub(crate) fn new() -> Self {
        let (report, ended) = mpsc::unbounded_channel();
        Self { report, ended }
    }

    pub(crate) fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> Task {
        let ended = Ended { name, report: self.report.clone() };
        let handle = tokio::spawn(async move {
            let _ended = ended;
            work.await;
        });
        Task { name, handle }
    }

    /// The name of the next task that ends. Cancel safe.
    pub(crate) async fn ended(&mut self) -> &'static str {
        match self.ended.recv().await {
            Some(name) => name,
            None => std::future::pending().await,
        }
    }
}

impl Task {
    /// Waits for the task's end; after `grace` it is stopped.
    pub(crate) async fn finish(mut self, grace: Duration) {
        match tokio::time::timeout(grace, &mut self.handle).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(task = self.name, %error, "a task ended by force"),
            Err(_) => tracing::warn!(task = self.name, "a task did not end in time and is stopped"),
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}
