//! What the broker keeps of a client between connections.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::packet;
use crate::testing::broker::matches;

/// A message that the client has not acknowledged.
#[derive(Debug)]
struct Delivery {
    packet_id: u16,
    topic: Vec<u8>,
    payload: Bytes,
    sent: bool,
}

#[derive(Debug, Default)]
pub(super) struct Session {
    filters: BTreeSet<String>,
    unacknowledged: Vec<Delivery>,
    last_id: u16,
    /// On which connection the client is.
    pub(super) connection: Option<usize>,
}

impl Session {
    pub(super) fn subscribe(&mut self, filters: &[String]) {
        self.filters.extend(filters.iter().cloned());
    }

    pub(super) fn unsubscribe(&mut self, filters: &[String]) {
        self.filters.retain(|filter| !filters.contains(filter));
    }

    pub(super) fn wants(&self, topic: &[u8]) -> bool {
        let topic = String::from_utf8_lossy(topic);
        self.filters.iter().any(|filter| matches(filter, &topic))
    }

    /// Keeps a message until it is acknowledged. Returns its number.
    pub(super) fn keep(&mut self, topic: &[u8], payload: Bytes) -> u16 {
        self.last_id = self.last_id.checked_add(1).unwrap_or(1);
        let packet_id = self.last_id;
        self.unacknowledged.push(Delivery { packet_id, topic: topic.to_vec(), payload, sent: false });
        packet_id
    }

    /// The packets that the client must have; again, with DUP, those that it had on an earlier connection.
    pub(super) fn resume(&mut self) -> Vec<Bytes> {
        let packet = |delivery: &mut Delivery| {
            let again = std::mem::replace(&mut delivery.sent, true);
            packet::message(&delivery.topic, &delivery.payload, delivery.packet_id, again)
        };
        self.unacknowledged.iter_mut().map(packet).collect()
    }

    /// The packets that the client has not had yet.
    pub(super) fn fresh(&mut self) -> Vec<Bytes> {
        let mut packets = Vec::new();
        for delivery in self.unacknowledged.iter_mut().rev().take_while(|delivery| !delivery.sent) {
            delivery.sent = true;
            packets.push(packet::message(&delivery.topic, &delivery.payload, delivery.packet_id, false));
        }
        packets.reverse();
        packets
    }

    pub(super) fn acknowledge(&mut self, packet_id: u16) {
        // Clients acknowledge in order: it is one of the first.
        if let Some(index) = self.unacknowledged.iter().position(|delivery| delivery.packet_id == packet_id) {
            self.unacknowledged.remove(index);
        }
    }
}
