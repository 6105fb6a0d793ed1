//! Alerts and data, from the struct to the platform's store: kept through outages and lives, in order, each once, and
//! told when they are not delivered.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use edge_platform::{Embedded, ReportName};
use edge_proto::payload::{self, FormatKind, Report, Stamp};
use edge_runtime::testing::{
    Cut, DiskFaults, FaultProxy, Ledger, LedgerBroker, MemoryPlatform, Record, SteadyClock,
};
use edge_runtime::{
    Alert, ConnectError, DeliveryError, Device, ErrorCause, ErrorEvent, Errors, Format, OutboxConfig,
    Platform, ReceiptId, ReportError, Sending, Severity, StoreError,
};
use edge_tests::{Http, Process};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::timeout;

type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;

const SN: &str = "OVEN-1";
const ALERT: &str = "device/OVEN-1/alert";
const PATIENCE: Duration = Duration::from_secs(60);

/// The oven is too hot
#[derive(Alert)]
#[alert(severity = "critical")]
struct OverTemperature {
    temperature: f64,
    note: Option<String>,
}

#[derive(Format)]
struct Sample {
    amplitudes: Vec<f64>,
}

#[derive(Device, Clone, Debug)]
#[device(model = "urn:test:oven:1", alert(OverTemperature), format(Sample))]
struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

const FIRST: Oven = Oven { temperature: 20.0 };

fn hot(temperature: f64) -> OverTemperature {
    OverTemperature { temperature, note: None }
}

// ---- to the platform

#[tokio::test]
async fn v39_v40_the_platform_has_what_is_raised_and_submitted() -> TestResult {
    let server = Embedded::start().await?;
    let mut reports = server.reports();
    let platform = Platform::at(server.connector_url(), server.mqtt_url()).build()?;
    let oven = platform.device(SN, FIRST).connect().await?;
    let at = "2031-02-03T04:05:06.789Z".parse()?;
    oven.raise(hot(391.5)).at(at).await?.delivered().await?;
    oven.submit(Sample { amplitudes: vec![0.25, 0.5] }).at(at).await?.delivered().await?;
    for name in [ReportName::Alert("over-temperature".into()), ReportName::Format("sample".into())] {
        let event = timeout(PATIENCE, reports.recv()).await??;
        assert_eq!((event.device.as_str(), event.report.name), (SN, name));
    }
    let http = Http::new(server.http_url());
    let (_, mut alerts) = http.get("/device/OVEN-1/alerts").await?;
    let (_, mut data) = http.get("/device/OVEN-1/data").await?;
    for page in [&mut alerts, &mut data] {
        assert!(page["data"][0]["seq"].take().is_u64());
    }
    let alert = json!({
        "at": "2031-02-03T04:05:06.789Z", "alert": "over-temperature", "severity": "critical",
        "description": "The oven is too hot", "value": { "temperature": 391.5 }, "session": 1, "seq": null,
    });
    assert_eq!(alerts, json!({ "data": [alert] }));
    let sample = json!({
        "at": "2031-02-03T04:05:06.789Z", "format": "sample", "value": { "amplitudes": [0.25, 0.5] }, "session": 1,
        "seq": null,
    });
    assert_eq!(data, json!({ "data": [sample] }));
    oven.close().await?;
    server.close().await;
    Ok(())
}

/// AllThingsTalk has no words for alerts and data, as it has none for objects.
#[tokio::test]
async fn v39_who_names_what_there_is_not_is_told_what_there_is() -> TestResult {
    let oven = MemoryPlatform::new().platform().device(SN, FIRST).connect().await?;
    let told = async |name: &str, fields: serde_json::Value| {
        oven.raise_by_name(name, fields).await.map(drop).unwrap_err().to_string()
    };
    let error = told("overtemperature", json!({})).await;
    assert_eq!(error, format!("device `{SN}` declares no alert `overtemperature`, only `over-temperature`"));
    let error = told("over-temperature", json!({ "temperature": 1.0, "color": 1 })).await;
    let wanted =
        format!("device `{SN}`, alert `over-temperature` has no field `color`, only `temperature`, `note`");
    assert_eq!(error, wanted);
    Ok(oven.close().await?)
}

#[tokio::test]
async fn v39_a_platform_that_knows_no_alerts_is_an_error() -> TestResult {
    let server = Embedded::start_with(|config| config.auto_create = true).await?;
    let builder = Platform::allthingstalk("any").http(server.http_url()).mqtt(server.mqtt_url());
    let oven = builder.build()?.device(SN, FIRST).connect().await?;
    let expected = ReportError::Unsupported { device: SN.to_owned() };
    assert_eq!(oven.raise(hot(391.5)).await.map(drop), Err(expected.clone()));
    assert_eq!(oven.submit(Sample { amplitudes: Vec::new() }).await.map(drop), Err(expected));
    oven.close().await?;
    server.close().await;
    Ok(())
}

// ---- in order, each once

/// What a broker has heard on the alerts' topic, in its order.
fn alerts(ledger: &Ledger) -> Vec<Report> {
    let publishes = ledger.publishes().filter(|(_, publish)| publish.topic == ALERT);
    let read = |payload: &[u8]| payload::read_report(FormatKind::Alert, payload).unwrap();
    publishes.map(|(_, publish)| read(&publish.payload)).collect()
}

fn temperature(report: &Report) -> f64 {
    serde_json::from_str(report.fields[0].1.get()).unwrap()
}

/// The broker refuses three connections (as other systems' servers answer 503): the device waits longer and longer, and
/// then sends what has come together in its order, with the numbers that it had, each once; the one of which it does not know
/// whether it arrived, again.
#[tokio::test(start_paused = true)]
async fn o7_after_three_refusals_all_is_delivered_in_order_with_its_numbers_and_once() -> TestResult {
    let _clock = SteadyClock::start();
    let broker = LedgerBroker::start().await?;
    let memory = MemoryPlatform::new();
    let oven = memory.with_broker(&broker.url())?.device(SN, FIRST).connect().await?;
    oven.raise(hot(300.0)).await?.delivered().await?;
    // One is on its way: the broker has heard it, and the device does not know that.
    broker.withhold_pubacks(true);
    let doubtful = oven.raise(hot(300.5)).await?;
    broker.wait(|ledger| alerts(ledger).len() == 2).await;
    broker.refuse(&[3, 3, 3]);
    broker.cut(Cut::Close);
    broker.withhold_pubacks(false);
    while oven.is_online() {
        tokio::task::yield_now().await;
    }
    let mut receipts = vec![doubtful];
    for step in 1..=20 {
        receipts.push(oven.raise(hot(300.0 + f64::from(step))).await?);
        receipts.push(oven.set_temperature(f64::from(step)).await?);
    }
    for receipt in receipts {
        timeout(PATIENCE * 10, receipt.delivered()).await??;
    }
    let (reports, connects, topics) = broker.look(|ledger| {
        let times: Vec<_> = ledger.connects().map(|(record, _)| record.at).collect();
        let last = |record: &Record| record.connection + 1 == times.len();
        let publishes = ledger.publishes().filter(|(record, _)| last(record));
        let topics: Vec<_> = publishes.map(|(_, publish)| publish.topic.clone()).collect();
        (alerts(ledger), times, topics)
    });
    assert_eq!(connects.len(), 1 + 3 + 1);
    let waits: Vec<Duration> = connects.windows(2).map(|two| two[1] - two[0]).collect();
    println!("o7: connected again after {waits:?}");
    for (attempt, wait) in waits.iter().enumerate() {
        let ceiling = edge_runtime::backoff::SPREAD * (1 << attempt);
        let range =
            Duration::from_secs(1)..=ceiling.min(edge_runtime::backoff::LONGEST) + Duration::from_secs(1);
        assert!(range.contains(wait), "{attempt}: {wait:?}");
    }
    let mut reports = reports;
    let doubtful = reports.remove(1);
    assert_eq!(
        (temperature(&doubtful), doubtful.mark.stamp),
        (300.5, reports[1].mark.stamp),
        "its number is kept"
    );
    let temperatures: Vec<_> = reports.iter().map(temperature).collect();
    let mut expected: Vec<_> = (0..=20).map(|step| 300.0 + f64::from(step)).collect();
    expected.insert(1, 300.5);
    assert_eq!(temperatures, expected, "in order, each once");
    let stamps: Vec<Stamp> = reports.iter().map(|report| report.mark.stamp.unwrap()).collect();
    assert!(stamps.is_sorted() && stamps.windows(2).all(|two| two[0] != two[1]), "{stamps:?}");
    assert!(stamps.iter().all(|stamp| stamp.session == stamps[0].session), "{stamps:?}");
    // Alerts go first: before the states that were set between them.
    let last_alert = topics.iter().rposition(|topic| topic == ALERT).unwrap();
    let first_state = topics.iter().position(|topic| topic.ends_with("/asset/temperature/state")).unwrap();
    assert!(last_alert < first_state, "{topics:?}");
    oven.close().await?;
    Ok(())
}

/// After how long a device has come back, whose broker refuses three connections; `raises`: alerts while it waits.
async fn waits(raises: bool) -> TestResult<Vec<Duration>> {
    fastrand::seed(49);
    let broker = LedgerBroker::start().await?;
    let oven = MemoryPlatform::new().with_broker(&broker.url())?.device(SN, FIRST).connect().await?;
    broker.refuse(&[3, 3, 3]);
    broker.cut(Cut::Close);
    while oven.is_online() {
        tokio::task::yield_now().await;
    }
    let mut last = None;
    for connects in 1..=4 {
        if raises {
            last = Some(oven.raise(hot(391.5)).severity(Severity::Critical).await?);
        }
        broker.wait(|ledger| ledger.connects().count() > connects).await;
    }
    if let Some(last) = last {
        timeout(PATIENCE, last.delivered()).await??;
    }
    let times: Vec<_> = broker.look(|ledger| ledger.connects().map(|(record, _)| record.at).collect());
    oven.close().await?;
    Ok(times.windows(2).map(|two| two[1] - two[0]).collect())
}

/// In the source an alert is sent at once, whatever the wait. Where one broker has gone, all of its devices have an alert: that would be
/// the storm that the waits are there to prevent.
#[tokio::test(start_paused = true)]
async fn v49_an_alert_does_not_shorten_the_wait_for_the_next_connection() -> TestResult {
    let _clock = SteadyClock::start();
    let (silent, raising) = (waits(false).await?, waits(true).await?);
    println!("v49: {silent:?} without alerts, {raising:?} with them");
    for (silent, raising) in silent.iter().zip(&raising) {
        // The same chances, the same waits: as far as the clock is in step with the sockets.
        assert!(silent.abs_diff(*raising) < Duration::from_secs(1), "{silent:?}, {raising:?}");
    }
    assert!(silent.iter().any(|wait| *wait > Duration::from_secs(3)), "long enough to be shortened");
    Ok(())
}

// ---- through lives

fn alarm(server: &Embedded, broker: &str, folder: &Path, go: &Path) -> std::io::Result<Process> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_alarm"));
    command.arg(server.connector_url()).arg(broker).arg(folder).arg(go);
    Process::start(&mut command)
}

async fn started(process: &Process) -> TestResult<u64> {
    let line = timeout(PATIENCE, process.out.wait_for(|line| line.starts_with("started"))).await?;
    Ok(line.rsplit(' ').next().unwrap_or_default().parse()?)
}

/// Waits until the platform has so many alerts.
async fn kept(http: &Http, count: usize) -> TestResult<Vec<Value>> {
    let asking = async {
        loop {
            let (_, page) = http.get("/device/ALARM-1/alerts").await?;
            match page["data"].as_array() {
                Some(alerts) if alerts.len() >= count => return TestResult::Ok(alerts.clone()),
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    timeout(PATIENCE, asking).await?
}

/// In an outage an alert that is stored (which is the default where there is a store) and one that is not are raised, and
/// the program is killed. The next one delivers the first with the number that it had, and the other is lost, as it said
/// it could be.
#[tokio::test]
async fn o8_an_alert_that_was_stored_in_an_outage_outlives_the_program_with_its_number() -> TestResult {
    let server = Embedded::start().await?;
    let proxy = FaultProxy::start(server.mqtt()).await?;
    let broker = format!("mqtt://{}", proxy.address());
    let folder = tempfile::tempdir()?;
    let (go, never) = (folder.path().join("go"), folder.path().join("never"));
    let mut first = alarm(&server, &broker, &folder.path().join("store"), &go)?;
    assert_eq!(started(&first).await?, 1);
    proxy.cut();
    std::fs::write(&go, "")?;
    let stored = timeout(PATIENCE, first.out.wait_for(|line| line.starts_with("stored"))).await?;
    assert!(first.out.text().lines().any(|line| line == "volatile"));
    first.kill().await?;
    let http = Http::new(server.http_url());
    assert_eq!(kept(&http, 0).await?, [] as [Value; 0], "it was an outage");

    proxy.restore();
    let mut second = alarm(&server, &broker, &folder.path().join("store"), &never)?;
    assert_eq!(started(&second).await?, 2);
    let alerts = kept(&http, 1).await?;
    assert_eq!((&alerts[0]["alert"], &alerts[0]["session"]), (&json!("intruder"), &json!(1)));
    assert_eq!(alerts[0]["value"], json!({ "door": "front" }));
    println!("o8: {stored} in session 1 is alert {} there", alerts[0]["seq"]);
    second.kill().await?;

    // In the third life nothing is left of the first: neither again, nor what was volatile.
    let third = alarm(&server, &broker, &folder.path().join("store"), &go)?;
    assert_eq!(started(&third).await?, 3);
    let alerts = kept(&http, 3).await?;
    let words: Vec<_> =
        alerts.iter().map(|alert| (alert["alert"].as_str(), alert["session"].as_u64())).collect();
    let sorted = |session| {
        let mut of: Vec<_> = words.iter().filter(|word| word.1 == Some(session)).map(|word| word.0).collect();
        of.sort_unstable();
        of
    };
    assert_eq!((sorted(1), sorted(3)), (vec![Some("intruder")], vec![Some("intruder"), Some("movement")]));
    server.close().await;
    Ok(())
}

/// A program that dies at the end: nothing is closed, nothing is said.
fn life<T>(program: impl Future<Output = TestResult<T>>) -> TestResult<T> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(program);
    // Its tasks are gone when this returns: what the broker says to it from now on, nobody hears.
    runtime.shutdown_timeout(PATIENCE);
    result
}

/// What the broker has and has not acknowledged comes again as it was: by its number the platform knows it.
#[test]
fn o8_an_alert_that_comes_again_is_known_by_its_number_and_its_receipt_is_good() -> TestResult {
    let (memory, folder) = (MemoryPlatform::new(), tempfile::tempdir()?);
    let platform = || memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
    let heard = || -> Vec<Report> {
        let messages = memory.messages().into_iter().filter(|message| message.topic == ALERT);
        messages.map(|message| payload::read_report(FormatKind::Alert, &message.payload).unwrap()).collect()
    };
    memory.withhold_acknowledgements(true);
    let id: ReceiptId = life(async {
        let oven = platform().device(SN, FIRST).connect().await?;
        let receipt = oven.raise(hot(391.5)).severity(Severity::Low).await?;
        assert!(oven.submit(Sample { amplitudes: Vec::new() }).await?.id().is_none(), "data are not stored");
        memory.message(|message| message.topic == ALERT).await;
        Ok(receipt.id().ok_or("no id")?.clone())
    })?;
    memory.withhold_acknowledgements(false);
    life(async {
        let oven = platform().device(SN, FIRST).connect().await?;
        timeout(PATIENCE, oven.receipt(&id)?.delivered()).await??;
        oven.close().await?;
        Ok(())
    })?;
    let [first, again] = &heard()[..] else { panic!("{:?}", heard()) };
    assert_eq!((first.mark.stamp, first.at), (again.mark.stamp, again.at));
    assert_eq!(
        (again.severity, again.description.as_deref()),
        (Some(Severity::Low), Some("The oven is too hot"))
    );
    assert_eq!((first.mark.historical, again.mark.historical), (false, true));
    assert_eq!(temperature(again), 391.5);
    Ok(())
}

/// An alert that must be stored is one of a device that does not start without a store.
#[tokio::test(start_paused = true)]
async fn o8_what_must_be_stored_needs_a_store() -> TestResult {
    #[derive(Alert)]
    #[alert(retention = "stored")]
    struct Fire;

    #[derive(Device, Clone)]
    #[device(alert(Fire))]
    struct House {
        #[asset]
        armed: bool,
    }

    let memory = MemoryPlatform::new();
    let error = memory.platform().device("H-1", House { armed: true }).connect().await.map(drop).unwrap_err();
    assert!(matches!(error, ConnectError::Store(StoreError::NoFolder { .. })), "{error}");
    let folder = tempfile::tempdir()?;
    let platform = memory.platform().outbox(OutboxConfig::new().folder(folder.path()));
    let house = platform.device("H-1", House { armed: true }).connect().await?;
    assert!(house.raise(Fire).await?.id().is_some());
    house.close().await?;
    Ok(())
}

// ---- told when they are not delivered

async fn next(errors: &mut Errors) -> TestResult<(Sending, ErrorCause)> {
    let event = timeout(PATIENCE, errors.recv()).await?.ok_or("the stream has ended")?;
    assert!(!event.will_be_retried(), "{event}");
    Ok((event.sending, event.cause))
}

/// Notes what it hears of.
struct Hears(mpsc::UnboundedSender<Sending>);

impl OvenHandler for Hears {
    async fn on_error(&mut self, _: &OvenDevice, error: &ErrorEvent) {
        self.0.send(error.sending.clone()).unwrap();
    }
}

/// An alert and data have errors of their own, with what they said.
#[tokio::test(start_paused = true)]
async fn v19_an_alert_that_is_not_delivered_is_told_with_what_it_said() -> TestResult {
    let memory = MemoryPlatform::new();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let oven = memory.platform().device(SN, FIRST).handler(Hears(sender)).connect().await?;
    let mut errors = oven.errors();
    memory.withhold_acknowledgements(true);
    let receipts = [oven.raise(hot(391.5)).await?, oven.submit(Sample { amplitudes: vec![0.5] }).await?];
    assert!(oven.close().await.is_err());
    let mut told = [next(&mut errors).await?, next(&mut errors).await?];
    told.sort_by_key(|(sending, _)| sending.to_string());
    let mut handled = [heard.recv().await.unwrap(), heard.recv().await.unwrap()];
    handled.sort_by_key(Sending::to_string);
    assert_eq!(
        handled.each_ref(),
        told.each_ref().map(|(sending, _)| sending),
        "the handler hears it as the stream does"
    );
    let alert = Sending::Alert { name: "over-temperature".into(), value: json!({ "temperature": 391.5 }) };
    let data = Sending::Data { format: "sample".into(), value: json!({ "amplitudes": [0.5] }) };
    let [(first, why), (second, _)] = told;
    assert_eq!((first, second), (alert, data));
    assert!(matches!(why, ErrorCause::Closed), "{why}");
    for receipt in receipts {
        assert_eq!(receipt.delivered().await, Err(DeliveryError::Closed));
    }
    Ok(())
}

/// Where the disk is full, whoever raises is told, and so is whoever listens; nothing is sent, and states go on.
#[tokio::test]
async fn v19_an_alert_that_cannot_be_stored_is_an_error_of_its_raise() -> TestResult {
    let (memory, folder, faults) = (MemoryPlatform::new(), tempfile::tempdir()?, DiskFaults::default());
    let config = OutboxConfig::new().folder(folder.path()).disk_faults(&faults);
    let oven = memory.platform().outbox(config).device(SN, FIRST).connect().await?;
    let mut errors = oven.errors();
    faults.break_flush(true);
    let error = oven.raise(hot(391.5)).await.map(drop).unwrap_err();
    assert!(matches!(error, ReportError::Store { .. }), "{error}");
    let (sending, cause) = next(&mut errors).await?;
    assert!(matches!(sending, Sending::Alert { name, .. } if name == "over-temperature"));
    assert!(matches!(cause, ErrorCause::Store(_)), "{cause}");
    oven.set_temperature(21.0).await?.delivered().await?;
    assert!(memory.messages().iter().all(|message| message.topic != ALERT));
    Ok(())
}
