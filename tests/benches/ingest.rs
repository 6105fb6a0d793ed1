//! Ingest: how many states a second the platform takes from MQTT into a SQLite file, beside how many
//! messages a second its broker alone passes on. Both with the same publishers, messages of the same size,
//! QoS 1, in turns. A state counts when the transaction with it is committed; the file's journal is a
//! write-ahead log, and every commit is flushed to the disk (`synchronous = FULL`).

use std::process::ExitCode;
use std::time::{Duration, Instant};

use edge_platform::{Config, DatabaseUrl, Server};
use edge_proto::payload::{self, Stamp};
use edge_proto::topic::{self, Stream};
use edge_proto::{Asset, AssetType, AssetVendor, Device, DeviceId, Kind, Profile, ValueType};
use edge_runtime::Platform;
use edge_runtime::model::OverwritePolicy;
use edge_tests::bench::{self, Figures, median};
use jiff::Timestamp;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, PublishOptions, QoS};
use tokio::task::JoinSet;

const REPETITIONS: usize = 7;
const PUBLISHERS: usize = 4;
const ASSETS: usize = 25;
/// Of each publisher in each repetition.
const MESSAGES: usize = 10_000;
const ALL: usize = PUBLISHERS * MESSAGES;
/// How long a message is.
const BYTES: usize = 120;
/// How many messages a publisher has under way.
const WINDOW: usize = 1000;

/// How much of the broker's own rate the platform must reach.
const BOUND: f64 = 0.5;

const PATIENCE: Duration = Duration::from_secs(120);

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    bench::main(run)
}

async fn run(figures: &mut Figures) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let mut config = Config::default();
    config.database = DatabaseUrl::sqlite(folder.path().join("bench.db"));
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).build()?;
    for publisher in 0..PUBLISHERS {
        platform.reconcile(device(publisher), OverwritePolicy::Always).await?;
    }
    let (mut relayed, mut stored, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first is to warm up.
    for round in 0..=REPETITIONS {
        let relay = relay(&server, round).await?;
        let ingest = ingest(&server, round).await?;
        if round > 0 {
            relayed.push(relay);
            stored.push(ingest);
            ratios.push(ingest / relay);
        }
    }
    figures.tell("messages that the broker alone passes on", median(relayed), "1/s");
    figures.tell("states from MQTT to durable SQLite", median(stored), "1/s");
    figures.at_least("ingest / relay", median(ratios), BOUND, "");
    server.close().await;
    Ok(())
}

fn sn(publisher: usize) -> DeviceId {
    DeviceId::new(&format!("BENCH-{publisher}")).expect("a name")
}

fn name(asset: usize) -> String {
    format!("m-{asset:02}")
}

fn device(publisher: usize) -> Device {
    let asset = |index| Asset {
        name: name(index),
        kind: Kind::Sensor,
        title: name(index),
        description: String::new(),
        profile: Profile { maximum: Some(100.into()), ..Profile::new(ValueType::Number) },
    };
    Device {
        sn: sn(publisher).to_string(),
        model: "urn:bench:ingest:1".into(),
        title: "Ingest".into(),
        description: String::new(),
        asset_type: AssetType::Sensor,
        vendor: AssetVendor::Unknown,
        parent: None,
        assets: (0..ASSETS).map(asset).collect(),
    }
}

/// Messages a second from the publishers to one subscriber, past the platform.
async fn relay(server: &Server, round: usize) -> Result<f64, Failure> {
    let (client, mut events) = connect(server, "subscriber");
    client.subscribe("device/+/asset/+/event", QoS::AtLeastOnce).await?;
    while !matches!(events.poll().await?, Event::Incoming(Packet::SubAck(_))) {}
    let start = Instant::now();
    let mut publishers = publish(server, Stream::Event, round);
    let mut received = 0;
    while received < ALL {
        let event = tokio::time::timeout(PATIENCE, events.poll()).await??;
        received += usize::from(matches!(event, Event::Incoming(Packet::Publish(_))));
    }
    let rate = rate(start);
    while let Some(published) = publishers.join_next().await {
        published??;
    }
    Ok(rate)
}

/// States a second from the publishers into the tables.
async fn ingest(server: &Server, round: usize) -> Result<f64, Failure> {
    let wanted = server.counts().stored + ALL as u64;
    let start = Instant::now();
    let mut publishers = publish(server, Stream::State, round);
    while let Some(published) = publishers.join_next().await {
        published??;
    }
    while server.counts().stored < wanted {
        if start.elapsed() > PATIENCE {
            return Err(format!("not all was stored: {:?}", server.counts()).into());
        }
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok(rate(start))
}

fn rate(start: Instant) -> f64 {
    ALL as f64 / start.elapsed().as_secs_f64()
}

fn connect(server: &Server, id: &str) -> (AsyncClient, EventLoop) {
    let address = server.embedded_broker().expect("it is embedded");
    let mut options = MqttOptions::new(id, (address.ip().to_string(), address.port()));
    options.set_max_packet_size(1 << 20, 1 << 20);
    options.set_max_request_batch(128);
    options.set_inflight(WINDOW as u16);
    AsyncClient::builder(options).capacity(WINDOW).build()
}

/// Every publisher ends when all that it has published is acknowledged.
fn publish(server: &Server, stream: Stream, round: usize) -> JoinSet<Result<(), Failure>> {
    let publishers = (0..PUBLISHERS).map(|publisher| {
        let (client, events) = connect(server, &format!("publisher-{publisher}"));
        publish_all(client, events, publisher, stream, round)
    });
    publishers.collect()
}

async fn publish_all(
    client: AsyncClient,
    mut events: EventLoop,
    publisher: usize,
    stream: Stream,
    round: usize,
) -> Result<(), Failure> {
    let topics: Vec<String> =
        (0..ASSETS).map(|asset| topic::asset(&sn(publisher), &name(asset), stream)).collect();
    let sending = async {
        for number in 0..MESSAGES {
            let topic = topics[number % ASSETS].clone();
            client.publish(topic, message(round, number), PublishOptions::at_least_once()).await?;
        }
        Ok::<(), Failure>(())
    };
    let acknowledged = async {
        let mut acknowledged = 0;
        while acknowledged < MESSAGES {
            let event = tokio::time::timeout(PATIENCE, events.poll()).await??;
            acknowledged += usize::from(matches!(event, Event::Incoming(Packet::PubAck(_))));
        }
        Ok::<(), Failure>(())
    };
    tokio::try_join!(sending, acknowledged)?;
    Ok(())
}

/// A state as our devices write it, with spaces up to the size.
fn message(round: usize, number: usize) -> Vec<u8> {
    let mut message = Vec::with_capacity(BYTES);
    let stamp = Stamp { session: round as u64 + 1, seq: number as u64 };
    payload::write_state(&mut message, Timestamp::now(), format!("{}.5", number % 99).as_bytes(), stamp);
    message.resize(BYTES, b' ');
    message
}
