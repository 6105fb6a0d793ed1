//! A subscriber whose session the broker keeps: what was acknowledged to a publisher, it must get.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_proto::payload;
use rumqttc::{AsyncClient, Broker, Event, MqttOptions, Packet, QoS, SessionMode, SubscribeReasonCode};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(100);
const MAX_PACKET: usize = 1024 * 1024;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
}

/// A client with a session that is kept; comes back by itself for as long as it lives.
#[derive(Debug)]
pub struct Reader {
    heard: Arc<Mutex<Vec<Heard>>>,
    subscriptions: watch::Receiver<usize>,
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Reader {
    /// Subscribes to a filter with QoS 1, and waits until that is granted.
    ///
    /// # Panics
    /// When the broker grants nothing for a minute.
    pub async fn start(broker: SocketAddr, filter: &str) -> Self {
        let id = format!("reader-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, Broker::tcp(broker.ip().to_string(), broker.port()));
        options.set_session_mode(SessionMode::Persistent).set_max_packet_size(MAX_PACKET, MAX_PACKET);
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (granted, subscriptions) = watch::channel(0);
        let (counted, count) = watch::channel(0);
        let task = tokio::spawn(run(options, filter.to_owned(), Arc::clone(&heard), granted, counted));
        let mut reader = Self { heard, subscriptions, count, task };
        reader.subscribed(1).await;
        reader
    }

    /// Waits until it has been subscribed, or has resumed its session, so many times.
    ///
    /// # Panics
    /// When that takes more than a minute.
    pub async fn subscribed(&mut self, times: usize) {
        let granted = self.subscriptions.wait_for(|granted| *granted >= times);
        let _ = tokio::time::timeout(Duration::from_secs(60), granted).await.expect("a subscription");
    }

    /// How often it has been subscribed, or has resumed its session.
    pub fn subscriptions(&self) -> usize {
        *self.subscriptions.borrow()
    }

    /// Looks at all that was heard.
    ///
    /// # Panics
    /// When another look panicked.
    pub fn look<T>(&self, look: impl FnOnce(&[Heard]) -> T) -> T {
        look(&self.heard.lock().expect("no look panics"))
    }

    /// Waits until what was heard is as wanted; false when it is not within this time.
    pub async fn wait(&self, time: Duration, wanted: impl Fn(&[Heard]) -> bool) -> bool {
        let mut count = self.count.clone();
        let wanted = count.wait_for(|_| self.look(&wanted));
        matches!(tokio::time::timeout(time, wanted).await, Ok(Ok(_)))
    }

    /// The states of an asset on its own topic, each at its first coming: sequence number and value.
    pub fn states(&self, device: &str, asset: &str) -> Vec<(u64, Value)> {
        let topic = format!("device/{device}/asset/{asset}/state");
        let mut seen = BTreeSet::new();
        self.look(|heard| {
            let states = heard.iter().filter(|heard| heard.topic == topic).filter_map(Heard::state);
            states.filter(|(number, _)| seen.insert(*number)).collect()
        })
    }

    /// How many messages there are on a topic, repeated ones included.
    pub fn count(&self, topic: &str) -> usize {
        self.look(|heard| heard.iter().filter(|heard| heard.topic == topic).count())
    }
}

impl Heard {
    /// The state of one asset, with its sequence number.
    fn state(&self) -> Option<(u64, Value)> {
        let state = payload::read_state(&self.payload).ok()?;
        Some((state.stamp?.seq, serde_json::from_str(state.value?.get()).ok()?))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    options: MqttOptions,
    filter: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    granted: watch::Sender<usize>,
    counted: watch::Sender<usize>,
) {
    let (client, mut events) = AsyncClient::builder(options).capacity(16).build();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(ack))) if ack.session_present => {
                granted.send_modify(|granted| *granted += 1);
            }
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                // Answered by a SUBACK, or the connection breaks and it is done again.
                let _ = client.try_subscribe(filter.as_str(), QoS::AtLeastOnce);
            }
            Ok(Event::Incoming(Packet::SubAck(ack))) => {
                if ack.return_codes.iter().any(|code| matches!(code, SubscribeReasonCode::Failure)) {
                    tokio::time::sleep(AGAIN).await;
                    let _ = client.try_subscribe(filter.as_str(), QoS::AtLeastOnce);
                } else {
                    granted.send_modify(|granted| *granted += 1);
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                let topic = String::from_utf8_lossy(&message.topic).into_owned();
                let message = Heard { topic, payload: message.payload.to_vec() };
                heard.lock().expect("no look panics").push(message);
                counted.send_modify(|count| *count += 1);
            }
            Ok(_) => {}
            Err(_) => tokio::time::sleep(AGAIN).await,
        }
    }
}
