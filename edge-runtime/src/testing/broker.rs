//! The broker in memory: keeps every message of its clients.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::future::BoxFuture;
use crate::link::{Driver, Hello, Link, LinkError, Publish, Received, Request, Will, pause};
use crate::lock::lock;
use crate::until::until;

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

/// What the broker keeps of a client.
#[derive(Debug, Default)]
struct Session {
    filters: BTreeSet<String>,
    /// For the client, not handed over yet.
    queued: Vec<Received>,
    /// Taken and not acknowledged.
    withheld: Vec<u64>,
    will: Option<Will>,
    cut: bool,
    /// Tells the connection that there is something for it.
    wake: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    messages: Vec<Message>,
    /// By client id.
    sessions: HashMap<String, Session>,
    withhold: bool,
    connections: usize,
    numbered: u64,
    acknowledged: usize,
}

impl State {
    fn session(&mut self, client: &str) -> &mut Session {
        self.sessions.entry(client.to_owned()).or_default()
    }

    fn wake(&self) {
        self.sessions.values().for_each(|session| session.wake.notify_one());
    }
}

#[derive(Debug, Default)]
pub(super) struct MemoryBroker {
    state: Mutex<State>,
    /// Tells tests that there is a new message.
    arrived: Notify,
}

impl MemoryBroker {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn cut(&self) {
        let mut state = self.lock();
        state.sessions.values_mut().for_each(|session| session.cut = true);
        state.wake();
    }

    pub(super) fn withhold(&self, withhold: bool) {
        let mut state = self.lock();
        state.withhold = withhold;
        state.wake();
    }

    pub(super) fn publish(&self, topic: &str, payload: Vec<u8>, retained: bool) {
        let mut state = self.lock();
        state.numbered += 1;
        let ack = Some(state.numbered);
        let message = Received { topic: topic.to_owned(), payload: payload.into(), retained, ack };
        for session in state.sessions.values_mut() {
            if session.filters.iter().any(|filter| matches(filter, topic)) {
                session.queued.push(message.clone());
                session.wake.notify_one();
            }
        }
    }

    pub(super) fn messages(&self) -> Vec<Message> {
        self.lock().messages.clone()
    }

    pub(super) fn acknowledged(&self) -> usize {
        self.lock().acknowledged
    }

    pub(super) fn connections(&self) -> usize {
        self.lock().connections
    }

    pub(super) async fn wait(&self, wanted: impl Fn(&Message) -> bool) -> Message {
        until(&self.arrived, || self.lock().messages.iter().find(|message| wanted(message)).cloned()).await
    }

    /// Takes a message. Returns whether it is acknowledged at once.
    fn take(&self, client: &str, token: u64, message: Message) -> bool {
        let mut state = self.lock();
        state.messages.push(message);
        let withhold = state.withhold;
        if withhold {
            state.session(client).withheld.push(token);
        }
        drop(state);
        self.arrived.notify_waiters();
        !withhold
    }

    /// Does what the driver asks; false when it says goodbye.
    fn serve(&self, client: &str, driver: &mut dyn Driver) -> bool {
        let mut state = self.lock();
        let withhold = state.withhold;
        let session = state.session(client);
        let withheld = if withhold { Vec::new() } else { std::mem::take(&mut session.withheld) };
        let queued = std::mem::take(&mut session.queued);
        drop(state);
        withheld.into_iter().for_each(|token| driver.acknowledged(token));
        queued.into_iter().for_each(|message| driver.received(message));
        while let Some(request) = driver.next() {
            match request {
                Request::Publish(Publish { token, topic, payload, retain, .. }) => {
                    if self.take(client, token, Message { topic, payload, retain }) {
                        driver.acknowledged(token);
                    }
                }
                Request::Subscribe(token, filters) => {
                    self.lock().session(client).filters.extend(filters);
                    driver.subscribed(token, Vec::new());
                }
                Request::Unsubscribe(filters) => {
                    self.lock().session(client).filters.retain(|filter| !filters.contains(filter));
                }
                Request::Acknowledge(_) => self.lock().acknowledged += 1,
                Request::Disconnect => return false,
            }
        }
        true
    }

    /// Whether the connection is to be broken; then the session is forgotten.
    fn is_cut(&self, client: &str) -> bool {
        let mut state = self.lock();
        let session = state.session(client);
        let cut = std::mem::take(&mut session.cut);
        if cut {
            session.queued.clear();
            session.withheld.clear();
            session.filters.clear();
        }
        cut
    }

    fn say_will(&self, client: &str) {
        let mut state = self.lock();
        if let Some(Will { topic, payload }) = state.session(client).will.clone() {
            state.messages.push(Message { topic, payload, retain: true });
        }
        drop(state);
        self.arrived.notify_waiters();
    }

    async fn run(self: Arc<Self>, hello: Hello, mut driver: Box<dyn Driver>) {
        let Hello { client_id: client, will } = hello;
        let ready = driver.ready();
        let wake = {
            let mut state = self.lock();
            let session = state.session(&client);
            session.will = will;
            // Numbers of another program that had this name.
            session.withheld.clear();
            Arc::clone(&session.wake)
        };
        loop {
            self.lock().connections += 1;
            driver.connected(false);
            while !self.is_cut(&client) {
                if !self.serve(&client, driver.as_mut()) {
                    return;
                }
                tokio::select! {
                    () = ready.notified() => {}
                    () = wake.notified() => {}
                }
            }
            self.say_will(&client);
            let source = "the connection was cut".into();
            let error = LinkError::Connection { endpoint: ENDPOINT.to_owned(), source };
            let delay = driver.lost(error);
            pause(&ready, delay, || driver.is_in_haste()).await;
        }
    }
}

/// Whether a topic matches a filter without `#`.
pub(super) fn matches(filter: &str, topic: &str) -> bool {
    let same = |(filter, topic): (&str, &str)| filter == "+" || filter == topic;
    filter.split('/').count() == topic.split('/').count() && filter.split('/').zip(topic.split('/')).all(same)
}

impl Link for Arc<MemoryBroker> {
    fn endpoint(&self) -> String {
        ENDPOINT.to_owned()
    }

    fn run(&self, hello: Hello, driver: Box<dyn Driver>) -> BoxFuture<'static, ()> {
        Box::pin(Arc::clone(self).run(hello, driver))
    }
}
