//! A device that knows nothing of our runtime: a bare MQTT client.

use std::net::SocketAddr;

use rumqttc::{
    AsyncClient, ConnectionError, Event, LastWill, MqttOptions, Packet, Publish, PublishOptions, QoS,
    SubscribeReasonCode,
};
use tokio::sync::mpsc;

use crate::support::PATIENCE;

/// What the client saw.
#[derive(Debug)]
pub(crate) enum Seen {
    Connected,
    Subscribed(bool),
    Acknowledged,
    Message(Publish),
    Failed(ConnectionError),
}

/// A connected client. Dropped, its connection breaks and its will is published.
pub(crate) struct Device {
    client: AsyncClient,
    seen: mpsc::UnboundedReceiver<Seen>,
    poller: tokio::task::JoinHandle<()>,
}

impl Drop for Device {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

impl Device {
    /// Connects, or says why not.
    pub(crate) async fn connect(
        broker: SocketAddr,
        token: Option<&str>,
        will: Option<LastWill>,
    ) -> Result<Self, ConnectionError> {
        let id = format!("test-{}", uuid::Uuid::new_v4().simple());
        let mut options = MqttOptions::new(id, (broker.ip().to_string(), broker.port()));
        options.set_max_packet_size(1 << 20, 1 << 20);
        if let Some(token) = token {
            options.set_credentials(token, "arbitrary");
        }
        if let Some(will) = will {
            options.set_last_will(will);
        }
        let (client, mut events) = AsyncClient::builder(options).capacity(64).build();
        let (report, seen) = mpsc::unbounded_channel();
        let poller = tokio::spawn(async move {
            loop {
                let (seen, is_over) = match events.poll().await {
                    Ok(Event::Incoming(Packet::ConnAck(_))) => (Seen::Connected, false),
                    Ok(Event::Incoming(Packet::PubAck(_))) => (Seen::Acknowledged, false),
                    Ok(Event::Incoming(Packet::Publish(publish))) => (Seen::Message(publish), false),
                    Ok(Event::Incoming(Packet::SubAck(ack))) => {
                        let is_refused = ack.return_codes.contains(&SubscribeReasonCode::Failure);
                        (Seen::Subscribed(!is_refused), false)
                    }
                    Ok(_) => continue,
                    Err(error) => (Seen::Failed(error), true),
                };
                if report.send(seen).is_err() || is_over {
                    return;
                }
            }
        });
        let mut device = Self { client, seen, poller };
        match device.next().await {
            Seen::Connected => Ok(device),
            Seen::Failed(error) => Err(error),
            other => panic!("before CONNACK: {other:?}"),
        }
    }

    pub(crate) async fn next(&mut self) -> Seen {
        let seen = tokio::time::timeout(PATIENCE, self.seen.recv()).await;
        seen.expect("nothing arrived").expect("the client has ended")
    }

    /// Subscribes with QoS 1, and says whether it was granted.
    pub(crate) async fn subscribe(&mut self, filter: &str) -> bool {
        self.client.try_subscribe(filter, QoS::AtLeastOnce).unwrap();
        loop {
            if let Seen::Subscribed(is_granted) = self.next().await {
                return is_granted;
            }
        }
    }

    /// Publishes with QoS 1 and waits for the broker's acknowledgement.
    pub(crate) async fn publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.try_publish(topic, payload.into(), PublishOptions::at_least_once()).unwrap();
        while !matches!(self.next().await, Seen::Acknowledged) {}
    }

    /// Publishes with QoS 1 for those who come later as well, and waits for the acknowledgement.
    pub(crate) async fn publish_retained(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        let options = PublishOptions::at_least_once().retained();
        self.client.try_publish(topic, payload.into(), options).unwrap();
        while !matches!(self.next().await, Seen::Acknowledged) {}
    }

    /// Publishes with QoS 0.
    pub(crate) fn publish_unawaited(&mut self, topic: &str, payload: impl Into<Vec<u8>>) {
        self.client.try_publish(topic, payload.into(), PublishOptions::at_most_once()).unwrap();
    }

    /// A message that is there already.
    pub(crate) fn try_message(&mut self) -> Option<serde_json::Value> {
        while let Ok(seen) = self.seen.try_recv() {
            if let Seen::Message(publish) = seen {
                return Some(serde_json::from_slice(&publish.payload).unwrap());
            }
        }
        None
    }

    /// Publishes with QoS 1; false when the connection ends before the acknowledgement.
    pub(crate) async fn try_publish(&mut self, topic: &str, payload: impl Into<Vec<u8>>) -> bool {
        if self.client.try_publish(topic, payload.into(), PublishOptions::at_least_once()).is_err() {
            return false;
        }
        loop {
            match self.next().await {
                Seen::Acknowledged => return true,
                Seen::Failed(_) => return false,
                _ => {}
            }
        }
    }

    /// The next message.
    pub(crate) async fn message(&mut self) -> (String, serde_json::Value, Publish) {
        loop {
            if let Seen::Message(publish) = self.next().await {
                let topic = String::from_utf8(publish.topic.to_vec()).unwrap();
                return (topic, serde_json::from_slice(&publish.payload).unwrap(), publish);
            }
        }
    }

    /// Answers the next command with this outcome (without id), and gives the command back.
    pub(crate) async fn answer(&mut self, sn: &str, outcome: &str) -> (String, serde_json::Value, Publish) {
        let command = self.message().await;
        let id = command.1["id"].as_str().expect("a command has an id");
        let outcome = format!("{{\"id\":\"{id}\",{outcome}}}");
        self.client
            .try_publish(format!("device/{sn}/outcome"), outcome, PublishOptions::at_least_once())
            .unwrap();
        command
    }
}
