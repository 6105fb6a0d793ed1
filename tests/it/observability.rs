//! What is told of devices and platforms is what `docs/observability.md` says, and all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use edge_platform::{DeviceId, Embedded, History, Tokens};
use edge_runtime::testing::{Cut, LedgerBroker, MemoryPlatform, SetClock, SteadyClock};
use edge_runtime::{Device, Host, Platform};
use edge_tests::{Logs, TestResult};
use jiff::SignedDuration;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use serde_json::json;
use tracing::Level;

use crate::model::{Driver, Greenhouse, SN, start};

const PAGE: &str = include_str!("../../docs/observability.md");
const LINK: &str = "link";

/// A figure's kind, and its labels with their values; of `link`, which has any, none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Figure {
    kind: String,
    labels: BTreeMap<String, BTreeSet<String>>,
}

type Figures = BTreeMap<String, Figure>;

/// What the page says of the figures whose names begin like this.
fn documented(is_wanted: impl Fn(&str) -> bool) -> Figures {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| `edge_"));
    let figures = rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = format!("edge_{}", cells[0].trim_end_matches('`'));
        (name, Figure { kind: cells[1].to_owned(), labels: labels(cells[2]) })
    });
    figures.filter(|(name, _)| is_wanted(name)).collect()
}

/// "`link`, `reason`: `full`, `closed`": names; all that stands after a colon are values.
fn labels(cell: &str) -> BTreeMap<String, BTreeSet<String>> {
    let (names, values) = cell.split_once(": ").unwrap_or((cell, ""));
    let words = |text: &str| -> Vec<String> {
        text.split(", ")
            .map(|word| word.trim_matches('`').to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let mut labels: BTreeMap<_, _> = words(names).into_iter().map(|name| (name, BTreeSet::new())).collect();
    if let Some(last) = words(names).last() {
        labels.insert(last.clone(), words(values).into_iter().collect());
    }
    labels
}

/// What is in a text of Prometheus: the figures, and the sums of their values.
fn emitted(text: &str) -> (Figures, BTreeMap<String, f64>) {
    let mut figures = Figures::new();
    let mut sums = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            figures.insert(name.to_owned(), Figure { kind: kind.to_owned(), ..Figure::default() });
        }
        let Some((series, value)) = line.rsplit_once(' ').filter(|_| !line.starts_with('#')) else {
            continue;
        };
        let (name, pairs) = series.split_once('{').unwrap_or((series, ""));
        let parts = ["_bucket", "_sum", "_count"].map(|part| name.trim_end_matches(part));
        let name =
            parts.into_iter().find(|name| figures.contains_key(*name)).expect("a type before its values");
        *sums.entry(name.to_owned()).or_default() += value.parse::<f64>().expect("a number");
        let labels = &mut figures.get_mut(name).expect("it was found").labels;
        for (label, value) in
            pairs.trim_end_matches('}').split("\",").filter_map(|pair| pair.split_once("=\""))
        {
            let values = labels.entry(label.to_owned()).or_default();
            if label != LINK {
                values.insert(value.trim_end_matches('"').to_owned());
            }
        }
        labels.remove("le");
    }
    (figures, sums)
}

fn is_platforms(name: &str) -> bool {
    name.starts_with("edge_platform_")
}

#[test]
fn the_page_is_read_as_it_is_meant() {
    let of_device = documented(|name| !is_platforms(name));
    let reasons = &of_device["edge_dropped_total"].labels["reason"];
    assert_eq!(reasons.iter().collect::<Vec<_>>(), ["closed", "expired", "full"]);
    assert_eq!((of_device["edge_dropped_total"].kind.as_str(), of_device.len()), ("counter", 17));
}

/// The largest sum of each figure that was seen.
#[derive(Default)]
struct Peaks(BTreeMap<String, f64>);

impl Peaks {
    fn look(&mut self, text: &str) {
        for (name, sum) in emitted(text).1 {
            let peak = self.0.entry(name).or_default();
            *peak = sum.max(*peak);
        }
    }

    fn zero(&self) -> Vec<&str> {
        self.0.iter().filter(|(_, peak)| **peak == 0.0).map(|(name, _)| name.as_str()).collect()
    }
}

pub(crate) fn recorder() -> Result<PrometheusRecorder, Box<dyn std::error::Error>> {
    Ok(PrometheusBuilder::new().set_buckets(&[0.001, 1.0])?.build_recorder())
}

#[tokio::test(start_paused = true)]
async fn every_figure_of_a_link_is_documented_and_every_documented_one_is_counted() -> TestResult {
    let recorder = recorder()?;
    let handle = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    let _clock = SteadyClock::start();
    let mut peaks = Peaks::default();

    let broker = LedgerBroker::start().await?;
    let clock = SetClock::new("2031-02-03T04:05:06Z".parse()?);
    let platform = clock.on(MemoryPlatform::new().with_broker(&broker.url())?);
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    for value in ["40", "400", "77", "40"] {
        broker.publish("device/GH-1/asset/vent/command", format!(r#"{{"id":"{value}","value":{value}}}"#));
    }
    broker.publish("device/GH-1/asset/vent/feed/none", "1");
    broker.wait(|ledger| ledger.acknowledged().count() == 4).await;
    // Messages that are on their way when the connection breaks, and two new ones after it.
    broker.withhold_pubacks(true);
    device.set_humidity(1.0).await?;
    broker.wait(|ledger| ledger.publishes().any(|(_, it)| it.topic.ends_with("humidity/state"))).await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    peaks.look(&handle.render());
    broker.withhold_pubacks(false);
    broker.cut(Cut::Forget);
    device.set_humidity(2.0).await?.delivered().await?;
    peaks.look(&handle.render());
    // A topic on which the broker takes nothing.
    broker.forbid("device/GH-1/asset/humidity/state");
    device.set_humidity(2.5).await?;
    while device.stats().barred == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // It is measured now and then.
    while !handle.render().lines().any(|line| line.starts_with("edge_barred_topics{") && line.ends_with(" 1"))
    {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    peaks.look(&handle.render());
    // What the broker does not acknowledge any more is dropped with the device.
    broker.withhold_pubacks(true);
    clock.jump(SignedDuration::from_hours(1));
    device.set_humidity(3.0).await?;
    assert!(device.close().await.is_err());
    memory_only(&recorder).await?;
    peaks.look(&handle.render());

    let (figures, _) = emitted(&handle.render());
    assert_eq!(figures, documented(|name| !is_platforms(name)));
    assert_eq!(peaks.zero(), Vec::<&str>::new(), "{}", handle.render());
    Ok(())
}

/// What only a broker in memory does.
async fn memory_only(recorder: &PrometheusRecorder) -> TestResult {
    let memory = MemoryPlatform::new();
    let device = start(&memory).await?;
    memory.publish("device/GH-1/asset/vent/command", r#"{"id":"a","value":1}"#);
    memory.publish("device/GH-1/asset//command", r#"{"id":"b","value":1}"#);
    memory.publish_retained("device/GH-1/asset/vent/command", r#"{"id":"c","value":1}"#);
    memory.message(|message| message.text().contains("\"c\"")).await;
    device.close().await?;
    let text = recorder.handle().render();
    assert!(text.contains(r#"edge_commands_refused_total{link="GH-1",reason="retained"} 1"#), "{text}");
    Ok(())
}

#[derive(Device, Clone)]
#[device(model = "urn:test:forgetful:1")]
struct Forgetful {
    #[asset(kind = "sensor", capacity = 5, overflow = "drop-oldest")]
    few: u32,
    #[asset(kind = "sensor", expiry = "30s")]
    fresh: u32,
}

#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_counted_by_why() -> TestResult {
    let recorder = recorder()?;
    let _local = metrics::set_default_local_recorder(&recorder);
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device("FORGETFUL-1", Forgetful { few: 0, fresh: 0 });
    let device = builder.start_offline(true).connect().await?;
    for number in 1..=20 {
        device.set_few(number).await?;
    }
    device.set_fresh(1).await?;
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((device.stats().dropped, device.stats().expired), (15, 1));
    let text = recorder.handle().render();
    for line in [
        r#"edge_dropped_total{link="FORGETFUL-1",reason="full"} 15"#,
        r#"edge_dropped_total{link="FORGETFUL-1",reason="expired"} 1"#,
        r#"edge_outbox_messages{link="FORGETFUL-1"} 5"#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let _ = device.close().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_gateway_has_as_many_series_as_a_thermometer() -> TestResult {
    async fn series(devices: usize) -> Result<usize, Box<dyn std::error::Error>> {
        let recorder = recorder()?;
        let _local = metrics::set_default_local_recorder(&recorder);
        let host = Host::new(&MemoryPlatform::new().platform(), "GATEWAY-1")?;
        for number in 0..devices {
            host.device(format!("GH-{number}"), Greenhouse::new()).handler(Driver).connect().await?;
        }
        let text = recorder.handle().render();
        host.close().await?;
        assert!(!text.contains("GH-"), "{text}");
        Ok(text.lines().filter(|line| line.starts_with("edge_")).count())
    }
    let one = series(1).await?;
    println!("{one} series");
    assert_eq!(one, series(100).await?);
    assert!(one < 50, "{one}");
    Ok(())
}

#[tokio::test]
async fn c15_what_has_a_time_that_may_be_wrong_is_counted() -> TestResult {
    let recorder = recorder()?;
    let _local = metrics::set_default_local_recorder(&recorder);
    let clock = SetClock::new("1970-01-01T00:00:00Z".parse()?);
    let device = clock.on(MemoryPlatform::new().platform());
    let device = device.device("FORGETFUL-1", Forgetful { few: 0, fresh: 0 }).connect().await?;
    let counted = |count: u64| {
        let text = recorder.handle().render();
        let line = format!(r#"edge_unsynced_total{{link="FORGETFUL-1"}} {count}"#);
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    };
    device.update(|it| (it.few, it.fresh) = (1, 1)).await?;
    device.set_few(2).await?;
    counted(3);
    clock.set("2031-02-03T04:05:06Z".parse()?);
    device.set_few(3).await?;
    counted(3);
    clock.jump(SignedDuration::from_hours(-1));
    device.set_few(4).await?;
    device.set_few(5).at("2031-02-03T04:05:06Z".parse()?).await?;
    counted(4);
    assert_eq!(device.stats().unsynced, 4);
    device.close().await?;
    Ok(())
}

/// The platform's figures, as a scrape gets them.
async fn scrape(platform: &Embedded, token: &str) -> Result<(u16, String), reqwest::Error> {
    let url = format!("{}/metrics", platform.http_url());
    let reply = reqwest::Client::new().get(url).bearer_auth(token).send().await?;
    Ok((reply.status().as_u16(), reply.text().await?))
}

#[tokio::test]
async fn every_figure_of_the_platform_is_documented_and_counted() -> TestResult {
    let server = Embedded::start_with(|config| {
        config.tokens = Tokens::default().with("all").with_device("one", DeviceId::new(SN).unwrap());
        config.history = History::per_asset(1);
    })
    .await?;
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).token("one").build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    for humidity in 0..10 {
        device.set_humidity(f64::from(humidity)).await?.delivered().await?;
    }
    let outcome = server.send_command(SN, "vent", json!(40), Duration::from_secs(20)).await?;
    assert_eq!(outcome.status.to_string(), "applied");
    let refused = server.send_command(SN, "vent", json!(400), Duration::from_secs(20)).await?;
    assert_eq!(refused.status.to_string(), "rejected");
    let observer = edge_tests::Observer::connect(server.mqtt(), Some("one")).await;
    observer.publish(&format!("device/{SN}/asset/humidity/state"), "{").await;
    // A device that had no room.
    let late = r#"{"value":50,"session":999,"seq":1,"dropped":3}"#;
    observer.publish(&format!("device/{SN}/asset/humidity/state"), late).await;
    // What comes twice counts once.
    for stream in ["alert", "alert", "data"] {
        let report = r#"{"alert":"dry","format":"sample","value":{},"session":999,"seq":"#;
        let seq = if stream == "alert" { 2 } else { 3 };
        observer.publish(&format!("device/{SN}/{stream}"), &format!("{report}{seq}}}")).await;
    }
    // Older than what is stored.
    let old = r#"{"at":"2001-01-01T00:00:00Z","value":1,"session":1,"seq":1}"#;
    observer.publish(&format!("device/{SN}/asset/humidity/state"), old).await;

    for token in ["one", "none", ""] {
        let (status, text) = scrape(&server, token).await?;
        assert_eq!((status, text.contains("edge_")), (403, false), "{token}: {text}");
    }
    let mut peaks = Peaks::default();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    // Nobody floods it: it drops nothing.
    while peaks.0.is_empty() || peaks.zero() != ["edge_platform_messages_dropped_total"] {
        let (status, text) = scrape(&server, "all").await?;
        assert_eq!(status, 200);
        peaks.look(&text);
        assert_eq!(emitted(&text).0, documented(is_platforms));
        assert!(tokio::time::Instant::now() < deadline, "{:?}\n{text}", peaks.zero());
    }
    let (_, text) = scrape(&server, "all").await?;
    for line in [
        r#"edge_platform_commands_total{status="applied"} 1"#,
        r#"edge_platform_commands_total{status="rejected"} 1"#,
        r#"edge_platform_http_requests_total{status="4xx"} 3"#,
        "edge_platform_mqtt_clients 3",
        "edge_platform_broker_up 1",
        "edge_platform_states_missed_total 3",
        "edge_platform_alerts_stored_total 1",
        "edge_platform_data_stored_total 1",
        "edge_platform_reports_repeated_total 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}:\n{text}");
    }
    device.close().await?;
    drop(observer);
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn what_happens_is_told_with_device_asset_and_command() -> TestResult {
    let logs = Logs::capture_from(Level::INFO);
    let server = Embedded::start().await?;
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).build()?;
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    let outcome = server.send_command(SN, "vent", json!(40), Duration::from_secs(20)).await?;
    device.close().await?;
    server.close().await;
    let text = logs.text();
    let told = |wanted: &[&str]| {
        let found = text.lines().any(|line| wanted.iter().all(|part| line.contains(part)));
        assert!(found, "{wanted:?}:\n{text}");
    };
    let command = format!(r#"command{{device={SN} asset="vent" id="{}"}}"#, outcome.id);
    told(&[&command, "edge_runtime::dispatch", "applied", "value=40"]);
    told(&[&command, "edge_platform::command", "answered", "status=applied"]);
    told(&["edge_platform::presence", "online", &format!("device={SN}")]);
    told(&["edge_platform::presence", "offline", &format!("device={SN}")]);
    told(&[&format!("reconcile{{device={SN}}}"), "registered"]);
    told(&[&format!("link{{owner={SN} endpoint=\"mqtt://127.0.0.1:"), "connected"]);
    Ok(())
}
