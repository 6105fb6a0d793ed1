//! Alerts, data and actions: from MQTT to HTTP and back.

use edge_platform::{Config, Embedded, ReportName, Server, Severity, Tokens};
use edge_proto::connector::v1::{OpenSessionRequest, RegisterAssetRequest};
use serde_json::{Value, json};

use crate::device::Device;
use crate::support::{PATIENCE, SN, connector, get, greenhouse, http, post, register, until, with};

const ALERTS: &str = "/device/GH-1/alerts";
const DATA: &str = "/device/GH-1/data";

fn alert(name: &str, severity: &str, second: u8, seq: u64) -> String {
    json!({
        "at": format!("2031-02-03T04:05:{second:02}Z"), "alert": name, "severity": severity, "description": "d",
        "value": { "temperature": second }, "session": 1, "seq": seq,
    })
    .to_string()
}

/// A platform with the device, and the device's client.
async fn platform() -> (Embedded, Device) {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let device = Device::connect(platform.mqtt(), None, None).await.unwrap();
    (platform, device)
}

async fn open_session(platform: &Embedded) {
    let request = OpenSessionRequest { sn: SN.to_owned(), ..Default::default() };
    connector(platform.grpc()).await.open_session(request).await.unwrap();
}

fn seconds(page: &Value) -> Vec<u64> {
    let reports = page["data"].as_array().unwrap_or_else(|| panic!("{page}"));
    reports.iter().map(|report| report["value"]["temperature"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn v39_an_alert_is_kept_once_told_and_found() {
    let (platform, mut device) = platform().await;
    let mut reports = platform.reports();
    let text = alert("hot", "critical", 1, 5);
    device.publish("device/GH-1/alert", text.clone()).await;
    let event = tokio::time::timeout(PATIENCE, reports.recv()).await.unwrap().unwrap();
    assert_eq!((event.device.as_str(), event.report.severity), (SN, Some(Severity::Critical)));
    assert_eq!(event.report.name, ReportName::Alert("hot".into()));
    device.publish("device/GH-1/alert", text.clone()).await;
    device.publish("device/GH-1/alert", alert("hot", "low", 2, 6)).await;
    device.publish("device/GH-1/alert", alert("cold", "normal", 3, 7)).await;
    until(async || seconds(&get(platform.http(), ALERTS).await.1) == [3, 2, 1]).await;
    let (_, page) = get(platform.http(), &format!("{ALERTS}?severity=normal&name=hot")).await;
    let expected: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(page, json!({ "data": [expected] }));
    let between = "?from=2031-02-03T04:05:02Z&to=2031-02-03T04:05:02Z";
    assert_eq!(seconds(&get(platform.http(), &format!("{ALERTS}{between}")).await.1), [2]);
    assert_eq!(seconds(&get(platform.http(), &format!("{ALERTS}?page=1")).await.1), [0; 0]);
    assert_eq!(get(platform.http(), DATA).await, (200, json!({ "data": [] })));
    let (_, figures) = metrics(&platform).await;
    assert!(figures.contains("edge_platform_alerts_stored_total 3\n"), "{figures}");
    assert!(figures.contains("edge_platform_reports_repeated_total 1\n"), "{figures}");
    platform.close().await;
}

async fn metrics(platform: &Embedded) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut stream = tokio::net::TcpStream::connect(platform.http()).await.unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: p\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    (reply.split(' ').nth(1).unwrap().parse().unwrap(), reply)
}

#[tokio::test]
async fn v40_data_are_kept_by_their_format() {
    let (platform, mut device) = platform().await;
    for (format, seq) in [("sample", 1), ("other", 2), ("sample", 2)] {
        let data = json!({ "format": format, "value": { "temperature": seq }, "session": 1, "seq": seq });
        device.publish("device/GH-1/data", data.to_string()).await;
    }
    device.publish("device/GH-1/data", r#"{"format":"sample","value":{"temperature":9}}"#).await;
    until(async || get(platform.http(), DATA).await.1["data"].as_array().unwrap().len() == 3).await;
    let (_, page) = get(platform.http(), &format!("{DATA}?name=sample")).await;
    assert_eq!(seconds(&page), [9, 1], "a number is used once in a session");
    assert_eq!(page["data"][1]["format"], "sample");
    assert!(page["data"][0]["at"].is_string() && page["data"][0].get("session").is_none());
    platform.close().await;
}

#[tokio::test]
async fn v39_what_is_no_alert_is_refused_and_the_next_one_is_kept() {
    let (platform, mut device) = platform().await;
    let long = format!(r#"{{"alert":"a","value":{{}},"description":"{}"}}"#, "d".repeat(2000));
    let bad = ["", "{", "[]", r#"{"alert":"a/b","value":{}}"#, r#"{"alert":"a"}"#, long.as_str()];
    for payload in bad {
        device.publish("device/GH-1/alert", payload).await;
    }
    device.publish("device/GH-2/alert", alert("hot", "low", 1, 1)).await;
    device.publish("device/GH-1/alert", alert("hot", "low", 2, 2)).await;
    until(async || seconds(&get(platform.http(), ALERTS).await.1) == [2]).await;
    assert_eq!(platform.counts().refused, bad.len() as u64 + 1);
    assert_eq!(get(platform.http(), "/device/GH-2/alerts").await.0, 404);
    for query in ["severity=loud", "page=x", "from=now", "name=a%2Fb", "name="] {
        assert_eq!(get(platform.http(), &format!("{ALERTS}?{query}")).await.0, 400, "{query}");
    }
    platform.close().await;
}

#[tokio::test]
async fn v39_others_alerts_are_neither_raised_nor_read() {
    let mut config = Config::default();
    config.tokens = "all one=GH-1 two=GH-2".parse::<Tokens>().unwrap();
    let server = Server::start(config).await.unwrap();
    let mut client = connector(server.grpc()).await;
    for sn in ["GH-1", "GH-2"] {
        let request = RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
        client.register_asset(with(Some("all"), request)).await.unwrap();
    }
    let broker = server.embedded_broker().unwrap();
    let mut other = Device::connect(broker, Some("two"), None).await.unwrap();
    for topic in ["device/GH-1/alert", "device/GH-1/data", "device/GH-1/action/reboot"] {
        other.publish(topic, alert("hot", "low", 1, 1)).await;
    }
    assert!(!other.subscribe("device/GH-1/action/+").await);
    let mut own = Device::connect(broker, Some("one"), None).await.unwrap();
    assert!(own.subscribe("device/GH-1/action/+").await);
    own.publish("device/GH-1/alert", alert("hot", "low", 2, 2)).await;
    let alerts = async |token| http(server.http(), &format!("GET {ALERTS}"), Some(token), "").await;
    until(async || {
        alerts("one").await == alerts("all").await && alerts("one").await.1 != json!({ "data": [] })
    })
    .await;
    assert_eq!(seconds(&alerts("one").await.1), [2]);
    assert_eq!(alerts("two").await.0, 403);
    let action = http(server.http(), "POST /device/GH-1/action/reboot", Some("two"), "").await;
    assert_eq!(action.0, 403);
    assert!(own.try_message().is_none(), "nobody else's action has come");
    server.close().await;
}

#[tokio::test]
async fn an_action_reaches_its_device_and_its_outcome_the_caller() {
    let (platform, mut device) = platform().await;
    let (code, reply) = post(platform.http(), "/device/GH-1/action/reboot", "").await;
    assert_eq!(code, 409, "a device without a session knows no actions: {reply}");
    open_session(&platform).await;
    assert!(device.subscribe("device/GH-1/action/+").await);
    let body = r#"{"arguments":{"offset":0.5,"axis":"x"}}"#;
    let path = "/device/GH-1/action/calibrate";
    let ((code, reply), (topic, command, _)) =
        tokio::join!(post(platform.http(), path, body), device.answer(SN, r#""status":"applied""#));
    assert_eq!((code, &reply["status"]), (200, &json!("applied")));
    assert_eq!(topic, "device/GH-1/action/calibrate");
    assert_eq!(command["arguments"], json!({ "offset": 0.5, "axis": "x" }));
    assert!(command["expires"].is_string());
    assert_eq!(command["id"], reply["id"]);
    // A state is no answer to an action, from whomever it comes.
    let ask = post(platform.http(), "/device/GH-1/action/reboot", r#"{"timeout":"300ms"}"#);
    let (asked, ()) = tokio::join!(ask, device.publish("device/GH-1/asset/vent/state", "7"));
    assert_eq!(asked.0, 504, "{}", asked.1);
    for (body, code) in
        [("{", 400), ("[]", 400), ("5", 400), (r#"{"arguments":[1]}"#, 400), (r#"{"timeout":1}"#, 400)]
    {
        assert_eq!(post(platform.http(), path, body).await.0, code, "{body}");
    }
    assert_eq!(post(platform.http(), "/device/GH-9/action/reboot", "").await.0, 404);
    assert_eq!(get(platform.http(), path).await.0, 405);
    platform.close().await;
}
