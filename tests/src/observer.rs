//! A client of a broker that is nobody's device: sees what is said, and says what it likes.

use std::net::SocketAddr;

use rumqttc::{AsyncClient, Broker, Event, MqttOptions, Packet, PublishOptions, QoS};
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinHandle;

/// Far above what anybody may publish here: what is too large must be the broker's to refuse.
const MAX_PACKET: usize = 16 * 1024 * 1024;

/// A connected client. Gone when it is dropped.
#[derive(Debug)]
pub struct Observer {
    client: AsyncClient,
    answers: broadcast::Sender<Answer>,
    messages: broadcast::Sender<(String, Vec<u8>)>,
    task: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Connected,
    Published,
    Subscribed,
}

/// The payloads of one topic.
#[derive(Debug)]
pub struct Seen(mpsc::UnboundedReceiver<Vec<u8>>);

impl Seen {
    /// The next one; `None` when the observer is gone.
    pub async fn recv(&mut self) -> Option<Vec<u8>> {
        self.0.recv().await
    }
}

impl Observer {
    /// Connects to a broker, with a user's name where there is one.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn connect(broker: SocketAddr, user: Option<&str>) -> Self {
        let id = format!("observer-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, Broker::tcp(broker.ip().to_string(), broker.port()));
        options.set_max_packet_size(MAX_PACKET, MAX_PACKET);
        if let Some(user) = user {
            options.set_credentials(user.to_owned(), "any".to_owned());
        }
        let (client, mut events) = AsyncClient::builder(options).capacity(1024).build();
        let (answers, mut connected) = broadcast::channel(1024);
        let messages = broadcast::Sender::new(16 * 1024);
        let (tell, heard) = (answers.clone(), messages.clone());
        let task = tokio::spawn(async move {
            while let Ok(event) = events.poll().await {
                let answer = match event {
                    Event::Incoming(Packet::ConnAck(_)) => Answer::Connected,
                    Event::Incoming(Packet::PubAck(_)) => Answer::Published,
                    Event::Incoming(Packet::SubAck(_)) => Answer::Subscribed,
                    Event::Incoming(Packet::Publish(message)) => {
                        let topic = String::from_utf8_lossy(&message.topic).into_owned();
                        let _ = heard.send((topic, message.payload.to_vec()));
                        continue;
                    }
                    Event::Incoming(_) | Event::Outgoing(_) => continue,
                };
                let _ = tell.send(answer);
            }
        });
        assert_eq!(connected.recv().await, Ok(Answer::Connected));
        Self { client, answers, messages, task }
    }

    /// Publishes with QoS 1, and waits until the broker has it.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn publish(&self, topic: &str, payload: &str) {
        let mut answers = self.answers.subscribe();
        let options = PublishOptions::new(QoS::AtLeastOnce);
        self.client.publish(topic, payload.to_owned(), options).await.expect("it is connected");
        while answers.recv().await.expect("it is connected") != Answer::Published {}
    }

    /// Subscribes to one topic with QoS 1, and waits until the broker has granted it.
    ///
    /// # Panics
    /// When the connection is gone.
    pub async fn subscribe(&self, topic: &str) -> Seen {
        let mut answers = self.answers.subscribe();
        let mut messages = self.messages.subscribe();
        let (sender, receiver) = mpsc::unbounded_channel();
        let wanted = topic.to_owned();
        tokio::spawn(async move {
            while let Ok((topic, payload)) = messages.recv().await {
                if topic == wanted && sender.send(payload).is_err() {
                    return;
                }
            }
        });
        self.client.subscribe(topic, QoS::AtLeastOnce).await.expect("it is connected");
        while answers.recv().await.expect("it is connected") != Answer::Subscribed {}
        Seen(receiver)
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
