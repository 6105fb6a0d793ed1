//! The broker in memory: one connection, whose every message is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::future::BoxFuture;
use crate::link::{Driver, Hello, Link, LinkError, Received, Request};

const ENDPOINT: &str = "memory";

/// A message from a device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The topic.
    pub topic: String,
    /// The payload.
    pub payload: Bytes,
    /// Whether the broker keeps it.
    pub retain: bool,
}

impl Message {
    /// The payload as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.payload).into_owned()
    }
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    /// For the device, not handed over yet.
    queued: Vec<Received>,
    /// Taken and not acknowledged.
    withheld: Vec<u64>,
    withhold: bool,
    cut: bool,
    numbered: u64,
    acknowledged: usize,
}

#[derive(Debug, Default)]
pub(super) struct MemoryBroker {
    state: Mutex<State>,
    /// Tells the connection that there is something for it.
    wake: Notify,
    /// Tells tests that there is a new message.
    arrived: Notify,
}

impl MemoryBroker {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn cut(&self) {
        self.lock().cut = true;
        self.wake.notify_one();
    }

    pub(super) fn withhold(&self, withhold: bool) {
        self.lock().withhold = withhold;
        self.wake.notify_one();
    }

    pub(super) fn publish(&self, topic: &str, payload: Vec<u8>, retained: bool) {
        let mut state = self.lock();
        state.numbered += 1;
        let ack = Some(state.numbered);
        state.queued.push(Received { topic: topic.to_owned(), payload: payload.into(), retained, ack });
        drop(state);
        self.wake.notify_one();
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.lock().acknowledged
    }

    pub(super) async fn wait(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        loop {
            let arrived = self.arrived.notified();
            if let Some(message) = self.lock().messages.iter().find(|message| wanted(message)) {
                return message.clone();
            }
            arrived.await;
        }
    }

    /// Does what the driver asks; false when it says goodbye.
    fn serve(&self, driver: &mut dyn Driver) -> bool {
        let mut state = self.lock();
        let withheld = if state.withhold { Vec::new() } else { std::mem::take(&mut state.withheld) };
        let queued = std::mem::take(&mut state.queued);
        drop(state);
        withheld.into_iter().for_each(|token| driver.acknowledged(token));
        queued.into_iter().for_each(|message| driver.received(message));
        while let Some(request) = driver.next() {
            match request {
                Request::Publish(publish) => {
                    let mut state = self.lock();
                    let (topic, payload) = (publish.topic.to_string(), publish.payload);
                    state.messages.push(Message { topic, payload, retain: publish.retain });
                    let withhold = state.withhold;
                    if withhold {
                        state.withheld.push(publish.token);
                    }
                    drop(state);
                    if !withhold {
                        driver.acknowledged(publish.token);
                    }
                    self.arrived.notify_waiters();
                }
                Request::Subscribe(_) => driver.subscribed(),
                Request::Acknowledge(_) => self.lock().acknowledged += 1,
                Request::Disconnect => return false,
            }
        }
        true
    }

    async fn run(self: Arc<Self>, mut driver: Box<dyn Driver>) {
        let ready = driver.ready();
        loop {
            driver.connected(false);
            loop {
                if std::mem::take(&mut self.lock().cut) {
                    break;
                }
                if !self.serve(driver.as_mut()) {
                    return;
                }
                tokio::select! {
                    () = ready.notified() => {}
                    () = self.wake.notified() => {}
                }
            }
            self.lock().withheld.clear();
            let source = "the connection was cut".into();
            let error = LinkError::Connection { endpoint: ENDPOINT.to_owned(), source };
            tokio::time::sleep(driver.lost(error)).await;
        }
    }
}

impl Link for Arc<MemoryBroker> {
    fn endpoint(&self) -> String {
        ENDPOINT.to_owned()
    }

    fn run(&self, _: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        Box::pin(Arc::clone(self).run(driver))
    }
}
