//! The same by hand, as a program does it that has no framework: rumqttc 0.25.1, a struct made JSON for each message, the
//! event loop in a task beside it. What its users raise is raised: TCP_NODELAY, the channel, the window.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use edge_tests::bench::cpu;
use jiff::Timestamp;
use rumqttc_stock::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};
use serde::Serialize;
use tokio::sync::Notify;

use super::{Failure, WARM_UP, value};

const WINDOW: u16 = 1000;
const TOPIC: &str = "device/BENCH-1/asset/temperature/state";

/// The payload that a device of ours writes.
#[derive(Serialize)]
struct State {
    at: Timestamp,
    value: f64,
    session: u64,
    seq: u64,
}

/// What has left: acknowledged, or written.
#[derive(Default)]
struct Done {
    count: AtomicUsize,
    wanted: AtomicUsize,
    reached: Notify,
}

impl Done {
    fn one_more(&self) {
        if self.count.fetch_add(1, Relaxed) + 1 == self.wanted.load(Relaxed) {
            self.reached.notify_one();
        }
    }
}

pub(super) async fn run(port: u16, acknowledged: bool, states: usize) -> Result<Duration, Failure> {
    let mut options = MqttOptions::new("stock", "127.0.0.1", port);
    options.set_inflight(WINDOW).set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, WINDOW.into());
    let mut network = events.network_options();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    let done = Arc::<Done>::default();
    tokio::spawn(poll(events, acknowledged, Arc::clone(&done)));
    let qos = if acknowledged { QoS::AtLeastOnce } else { QoS::AtMostOnce };
    publish(&client, qos, states / WARM_UP, &done).await?;
    let before = cpu();
    publish(&client, qos, states, &done).await?;
    Ok(cpu() - before)
}

async fn poll(mut events: EventLoop, acknowledged: bool, done: Arc<Done>) {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(_))) if acknowledged => done.one_more(),
            Ok(Event::Outgoing(Outgoing::Publish(_))) if !acknowledged => done.one_more(),
            Ok(_) => {}
            Err(error) => return eprintln!("error: {error}"),
        }
    }
}

async fn publish(client: &AsyncClient, qos: QoS, states: usize, done: &Done) -> Result<(), Failure> {
    done.wanted.fetch_add(states, Relaxed);
    for number in 0..states {
        let state = State { at: Timestamp::now(), value: value(number), session: 1, seq: number as u64 };
        client.publish(TOPIC, qos, false, serde_json::to_vec(&state)?).await?;
    }
    done.reached.notified().await;
    Ok(())
}
