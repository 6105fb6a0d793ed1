//! Some of them against a platform and a broker that are real, with time as it passes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use edge_platform::{Config, Embedded, ReportName, Server};
use edge_runtime::testing::FaultProxy;
use edge_runtime::{OutboxConfig, Platform};
use edge_tests::{Mosquitto, Observer, TestResult};
use futures_util::future::try_join_all;
use serde_json::Value;

use super::{Peer, Report, case, seeds};

const STEPS: u32 = 30;

/// What a platform has heard, of all devices.
type Reports = Arc<Mutex<Vec<(String, Report)>>>;

/// One device's way to a platform: a network of its own.
struct Real<'a> {
    sn: String,
    server: &'a Server,
    platform: Platform,
    network: FaultProxy,
    observer: &'a Observer,
    reports: Reports,
}

impl Peer for Real<'_> {
    fn platform(&self) -> &Platform {
        &self.platform
    }

    fn sn(&self) -> &str {
        &self.sn
    }

    fn cut(&self) {
        self.network.reset();
    }

    async fn command(&self, topic: &str, payload: String) {
        self.observer.publish(&format!("device/{}/{topic}", self.sn), &payload).await;
    }

    async fn state(&self, asset: &str) -> Value {
        let state = self.server.state(&self.sn, asset).await.unwrap();
        state.map_or(Value::Null, |state| serde_json::from_str(state.value.get()).unwrap())
    }

    async fn reports(&self) -> Vec<Report> {
        let reports = self.reports.lock().unwrap();
        reports.iter().filter(|(device, _)| *device == self.sn).map(|(_, report)| report.clone()).collect()
    }
}

/// Writes down what the platform hears: of what comes twice, the first.
fn watch(server: &Server) -> Reports {
    let (mut events, reports) = (server.reports(), Reports::default());
    let seen = Arc::clone(&reports);
    tokio::spawn(async move {
        while let Ok(event) = events.recv().await {
            let (ReportName::Alert(name) | ReportName::Format(name)) = &event.report.name else {
                panic!("{event:?}")
            };
            let value: Value = serde_json::from_str(event.report.value.get()).unwrap();
            let number = value["number"].as_u64().unwrap() as u32;
            let seq = event.report.stamp.unwrap().seq;
            let report = Report { name: name.clone(), seq, number };
            seen.lock().unwrap().push((event.device.to_string(), report));
        }
    });
    reports
}

/// One device for each seed, all at the same time.
async fn cases(server: &Server, broker: SocketAddr, seeds: std::ops::Range<u64>) -> TestResult {
    let (reports, observer) = (watch(server), Observer::connect(broker, None).await);
    let (reports, observer) = (&reports, &observer);
    let cases = seeds.map(async |seed| {
        let network = FaultProxy::start(broker).await?;
        let mqtt = format!("mqtt://{}", network.address());
        let folder = tempfile::tempdir()?;
        let platform = Platform::at(server.connector_url(), mqtt).build()?;
        let platform = platform.outbox(OutboxConfig::new().folder(folder.path()));
        let (sn, reports) = (format!("PLANT-{seed}"), Arc::clone(reports));
        case(Arc::new(Real { sn, server, platform, network, observer, reports }), seed, STEPS).await
    });
    try_join_all(cases).await?;
    Ok(())
}

#[tokio::test]
async fn interleavings_at_a_real_platform_end_with_the_same_values_and_every_alert() -> TestResult {
    let embedded = Embedded::start().await?;
    cases(&embedded, embedded.mqtt(), seeds(0..8)).await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn interleavings_over_mosquitto_end_with_the_same_values_and_every_alert() -> TestResult {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let mut config = Config::default();
    config.broker = Some(broker.url().parse()?);
    let server = Server::start(config).await?;
    cases(&server, SocketAddr::from(([127, 0, 0, 1], broker.port())), seeds(100..106)).await?;
    server.close().await;
    Ok(())
}
