//! A client that has been let in, and tries what it likes; and what that is, at whatever broker.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, Broker, Event, MqttOptions, Packet, PublishOptions, QoS, SubscribeReasonCode};
use tokio::sync::mpsc;

/// Everybody's, of those who are looked at for it.
pub(super) const PASSWORD: &str = "any";

/// Whom it is after.
pub(super) const OTHER: &str = "GH-2";

/// A state that would be newer than whatever there is.
pub(super) const STATE: &str = r#"{"value":77,"session":99,"seq":99}"#;

/// What must reach nobody when GH-1 says it: topics and payloads.
const SPEAKS: [(&str, &str); 10] = [
    ("device/GH-2/asset/temperature/state", STATE),
    ("device/GH-2/state", r#"{"temperature":{"value":77,"session":99,"seq":99}}"#),
    ("device/GH-2/asset/vent/command", r#"{"id":"x","value":50}"#),
    ("device/GH-2/command", r#"{"id":"x","values":{"vent":50}}"#),
    ("device/GH-2/outcome", r#"{"id":"x","status":"applied"}"#),
    ("device/GH-2/presence", r#"{"status":"offline","session":99}"#),
    ("device/GH-2/asset/vent/feed", STATE),
    ("asset/1/state", STATE),
    ("$SYS/broker/uptime", "1"),
    ("$share/g/device/GH-2/command", r#"{"id":"x","values":{"vent":50}}"#),
];

/// Filters by which it must hear nothing of others.
pub(super) const LISTENS: [&str; 26] = [
    "#",
    "+/#",
    "/#",
    "+/+/+",
    "$SYS/#",
    "$SYS/+",
    "$SYS/broker/clients/total",
    "$edge/nowhere",
    "$share/g/#",
    "$share/g/device/GH-2/#",
    "device/#",
    "device/+/#",
    "device/+/state",
    "device/+/asset/+/state",
    "device/+/asset/+/command",
    "device/+/presence",
    "device/GH-2/#",
    "device/GH-2/state",
    "device/GH-2/command",
    "device/GH-2/asset/+/command",
    "device/GH-2/presence",
    "+/GH-2/state",
    "device/GH-1",
    "device//state",
    "asset/+/state",
    "asset/#",
];

/// Its session is not kept.
pub(super) struct Intruder {
    client: AsyncClient,
    seen: mpsc::UnboundedReceiver<Packet>,
    /// The topics of all messages.
    heard: Vec<String>,
}

impl Intruder {
    pub(super) async fn connect(broker: SocketAddr, id: &str, user: &str) -> Self {
        let mut options = MqttOptions::new(id, Broker::tcp(broker.ip().to_string(), broker.port()));
        options.set_credentials(user, PASSWORD);
        let (client, mut events) = AsyncClient::builder(options).capacity(1024).build();
        let (report, mut seen) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            loop {
                match events.poll().await {
                    Ok(Event::Incoming(packet)) => {
                        if report.send(packet).is_err() {
                            return;
                        }
                    }
                    Ok(Event::Outgoing(_)) => {}
                    // Thrown out for what it tried: it comes again.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        assert!(matches!(seen.recv().await, Some(Packet::ConnAck(_))));
        Self { client, seen, heard: Vec::new() }
    }

    /// What it is told next; messages as well.
    async fn next(&mut self) -> Packet {
        let packet = self.seen.recv().await.expect("the client goes on");
        self.keep(&packet);
        packet
    }

    fn keep(&mut self, packet: &Packet) {
        if let Packet::Publish(publish) = packet {
            self.heard.push(String::from_utf8_lossy(&publish.topic).into_owned());
        }
    }

    /// Whether a subscription is granted.
    pub(super) async fn subscribe(&mut self, filter: &str) -> bool {
        if self.client.subscribe(filter, QoS::AtLeastOnce).await.is_err() {
            return false;
        }
        loop {
            match self.next().await {
                Packet::SubAck(ack) => return !ack.return_codes.contains(&SubscribeReasonCode::Failure),
                // Thrown out instead.
                Packet::ConnAck(_) => return false,
                _ => {}
            }
        }
    }

    /// Publishes, and waits for whatever is made of it.
    pub(super) async fn publish(&mut self, topic: &str, payload: &str, retain: bool) {
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(retain);
        if self.client.publish(topic, payload.to_owned(), options).await.is_err() {
            return;
        }
        while !matches!(self.next().await, Packet::PubAck(_) | Packet::ConnAck(_)) {}
    }

    /// Speaks for others, wherever it can think of, with messages that are to be kept as well.
    pub(super) async fn speak_for_others(&mut self) {
        for (topic, payload) in SPEAKS {
            for retain in [false, true] {
                self.publish(topic, payload, retain).await;
            }
        }
    }

    /// The topics of all messages, when there is one on this topic.
    pub(super) async fn heard(&mut self, topic: &str) -> &[String] {
        while !self.heard.iter().any(|heard| heard == topic) {
            self.next().await;
        }
        while let Ok(packet) = self.seen.try_recv() {
            self.keep(&packet);
        }
        &self.heard
    }
}
