//! A subscriber whose session the broker keeps: what was acknowledged to a publisher, it must get.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_proto::payload;
use rumqttc::{
    AsyncClient, Broker, Event, EventLoop, MqttOptions, Packet, PublishOptions, QoS, SessionMode,
    SubscribeReasonCode,
};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::AbortHandle;

/// How long it waits before it tries again.
const AGAIN: Duration = Duration::from_millis(100);
/// After which it publishes again.
const ACKNOWLEDGED: Duration = Duration::from_secs(5);
const MAX_PACKET: usize = 1024 * 1024;

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its topic.
    pub topic: String,
    /// Its payload.
    pub payload: Vec<u8>,
    /// Whether the broker sends it again, as it has no acknowledgement of ours. What a publisher sends again is not marked.
    pub again: bool,
}

/// A client with a session that is kept; comes back by itself for as long as it lives.
#[derive(Debug)]
pub struct Reader {
    heard: Arc<Mutex<Vec<Heard>>>,
    subscriptions: watch::Receiver<usize>,
    count: watch::Receiver<usize>,
    client: AsyncClient,
    _task: Task,
}

impl Reader {
    /// Subscribes to a filter with QoS 1, and waits until that is granted. Keeps all that it hears.
    ///
    /// # Panics
    /// When the broker grants nothing for a minute.
    pub async fn start(broker: SocketAddr, filter: &str) -> Self {
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let kept = Arc::clone(&heard);
        let keep = move |message| kept.lock().expect("no look panics").push(message);
        Self { heard, ..Self::start_with(broker, filter, keep).await }
    }

    /// As [`start`](Self::start), and hands over what it hears instead of keeping it.
    ///
    /// # Panics
    /// When the broker grants nothing for a minute.
    pub async fn start_with(
        broker: SocketAddr,
        filter: &str,
        take: impl FnMut(Heard) + Send + 'static,
    ) -> Self {
        let id = format!("reader-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, Broker::tcp(broker.ip().to_string(), broker.port()));
        options.set_session_mode(SessionMode::Persistent).set_max_packet_size(MAX_PACKET, MAX_PACKET);
        let (granted, subscriptions) = watch::channel(0);
        let (counted, count) = watch::channel(0);
        let (client, events) = AsyncClient::builder(options).capacity(1024).build();
        let hears = Hears { filter: filter.to_owned(), take: Box::new(take), granted, counted };
        let task = tokio::spawn(hears.run(client.clone(), events));
        let mut reader =
            Self { heard: Arc::default(), subscriptions, count, client, _task: Task(task.abort_handle()) };
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

    /// Publishes with QoS 1, again and again until the broker has acknowledged it.
    pub fn send(&self, topic: String, payload: String) -> impl Future<Output = ()> + Send + use<> {
        let client = self.client.clone();
        async move {
            loop {
                let options = PublishOptions::new(QoS::AtLeastOnce);
                let sent = client.publish_tracked(topic.as_str(), payload.clone(), options).await;
                let acknowledged = async { sent.ok()?.wait_completion_async().await.ok() };
                if let Ok(Some(())) = tokio::time::timeout(ACKNOWLEDGED, acknowledged).await {
                    return;
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
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
    /// The state of one asset, with its sequence number; `None` when it is something else.
    pub fn state(&self) -> Option<(u64, Value)> {
        let state = payload::read_state(&self.payload).ok()?;
        Some((state.stamp?.seq, serde_json::from_str(state.value?.get()).ok()?))
    }
}

/// Ends with its owner.
#[derive(Debug)]
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a reader does.
struct Hears {
    filter: String,
    take: Box<dyn FnMut(Heard) + Send>,
    granted: watch::Sender<usize>,
    counted: watch::Sender<usize>,
}

impl Hears {
    async fn run(mut self, client: AsyncClient, mut events: EventLoop) {
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(ack))) if ack.session_present => self.subscribed(),
                // Answered by a SUBACK, or the connection breaks and it is done again.
                Ok(Event::Incoming(Packet::ConnAck(_))) => self.subscribe(&client),
                Ok(Event::Incoming(Packet::SubAck(ack))) => {
                    if ack.return_codes.iter().any(|code| matches!(code, SubscribeReasonCode::Failure)) {
                        tokio::time::sleep(AGAIN).await;
                        self.subscribe(&client);
                    } else {
                        self.subscribed();
                    }
                }
                Ok(Event::Incoming(Packet::Publish(message))) => {
                    let topic = String::from_utf8_lossy(&message.topic).into_owned();
                    (self.take)(Heard { topic, payload: message.payload.to_vec(), again: message.dup });
                    self.counted.send_modify(|count| *count += 1);
                }
                Ok(_) => {}
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    fn subscribe(&self, client: &AsyncClient) {
        // The channel has room: nothing else fills it but a test's few messages.
        let _ = client.try_subscribe(self.filter.as_str(), QoS::AtLeastOnce);
    }

    fn subscribed(&self) {
        self.granted.send_modify(|granted| *granted += 1);
    }
}
