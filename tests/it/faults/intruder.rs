//! A client that has been let in, and tries what it likes.

use std::net::SocketAddr;
use std::time::Duration;

use rumqttc::{AsyncClient, Broker, Event, MqttOptions, Packet, PublishOptions, QoS, SubscribeReasonCode};
use tokio::sync::mpsc;

/// Everybody's, of those who are looked at for it.
pub(super) const PASSWORD: &str = "any";

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
