//! What no client of good will sends: answered with the reason, in bounded memory and time, and nothing of it
//! is stored.

use std::net::SocketAddr;

use edge_platform::Embedded;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{PATIENCE, SN, get, greenhouse, http, register};

const STATE: &str = "PUT /device/GH-1/asset/temperature/state";

/// Everything that takes a body.
const TAKERS: [&str; 7] = [
    "PUT /device/GH-1",
    "POST /device/GH-1/assets",
    "PUT /device/GH-1/asset/new",
    STATE,
    "PUT /device/GH-1/state",
    "PUT /device/GH-1/asset/vent/command",
    "PUT /device/GH-1/command",
];

async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let mut object = greenhouse("GH-2");
    object.assets[0].profile = edge_proto::Profile::new(edge_proto::ValueType::Object);
    register(platform.grpc(), &object).await;
    platform
}

async fn stored(platform: &Embedded) -> (u16, Value) {
    get(platform.http(), "/devices?includeAssets=true").await
}

/// Whether the client goes on listening in silence, or closes its side.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    Listen,
    Close,
}

/// Sends the bytes as they are, and reads until the platform closes.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8], then: Then) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut reply = Vec::new();
    let talk = async {
        let send = async {
            writer.write_all(bytes).await.unwrap();
            if then == Then::Close {
                writer.shutdown().await.unwrap();
            }
        };
        let (_, read) = tokio::join!(send, reader.read_to_end(&mut reply));
        read.unwrap();
    };
    tokio::time::timeout(PATIENCE, talk).await.expect("no end of the reply");
    String::from_utf8(reply).unwrap()
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused_everywhere() {
    let platform = platform().await;
    let before = stored(&platform).await;
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    let deep_value =
        format!(r#"{{"value":{deep},"values":{{"vent":{deep}}},"profile":{deep},"name":{deep}}}"#);
    let bodies: [&[u8]; 9] = [
        b"",
        b"{",
        br#"{"value":1,"#,
        br#"{"value":1}}"#,
        b"{'value': 1}",
        b"NaN",
        b"\xa1\x65value",
        b"\xff\xfe\0",
        deep_value.as_bytes(),
    ];
    for taker in TAKERS {
        for body in bodies {
            let head = format!(
                "{taker} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            let reply = raw(platform.http(), &[head.as_bytes(), body].concat(), Then::Listen).await;
            assert!(
                reply.starts_with("HTTP/1.1 400 "),
                "{taker} {:.60} {reply:.300}",
                String::from_utf8_lossy(body)
            );
            assert!(reply.contains(r#""error":""#), "{reply:.300}");
        }
    }
    assert_eq!(stored(&platform).await, before);
    platform.close().await;
}

#[tokio::test]
async fn what_nests_too_deeply_is_refused_where_anything_may_stand() {
    let platform = platform().await;
    let before = stored(&platform).await;
    for levels in [200, 10_000, 100_000] {
        let deep = r#"{"a":"#.repeat(levels) + "1" + &"}".repeat(levels);
        let deep = if deep.len() > 200_000 { "[".repeat(100_000) + &"]".repeat(100_000) } else { deep };
        for (request, body) in [
            ("PUT /device/GH-2/asset/temperature/state", format!(r#"{{"value":{deep}}}"#)),
            ("PUT /device/GH-2/asset/vent/command", format!(r#"{{"value":{deep}}}"#)),
            ("PUT /device/GH-2/state", format!(r#"{{"temperature":{{"value":{deep}}}}}"#)),
            ("PUT /device/GH-2/asset/b", format!(r#"{{"profile":{{"type":"object","properties":{deep}}}}}"#)),
        ] {
            let (code, error) = http(platform.http(), request, None, &body).await;
            assert_eq!(code, 400, "{request} {levels}");
            assert!(error["error"].as_str().unwrap().contains("recursion"), "{error}");
        }
    }
    assert_eq!(stored(&platform).await, before);
    platform.close().await;
}

#[tokio::test]
async fn a_body_of_100_mib_and_a_million_members_are_too_large() {
    let platform = platform().await;
    let before = stored(&platform).await;
    let members: String = (0..1_000_000).map(|index| format!("\"a{index}\":1,")).collect();
    let million = format!("{{{}\"z\":1}}", members);
    let large = "x".repeat(100 * 1024 * 1024);
    for (taker, body) in TAKERS.map(|taker| (taker, &million)).into_iter().chain([(STATE, &large)]) {
        let (code, error) = http(platform.http(), taker, None, body).await;
        assert_eq!((code, &error["status"]), (413, &json!(413)), "{taker}");
    }
    // As many members as fit.
    let body = format!("{{{}\"z\":1}}", &members[..members[..200_000].rfind(',').unwrap() + 1]);
    let (code, error) = http(platform.http(), "PUT /device/GH-1/state", None, &body).await;
    assert_eq!(code, 400);
    assert!(error["error"].as_str().unwrap().len() < 10_000);
    assert_eq!(stored(&platform).await, before);
    platform.close().await;
}

#[tokio::test]
async fn names_that_are_none_get_no_further_than_the_path() {
    let platform = platform().await;
    let before = stored(&platform).await;
    for name in
        ["a%2Fb", "%2B", "%23", "%22", "%00", "%252F", "%ff", "%C3%A9", "a%20b", "%2e%2e", "$SYS", "%0d%0a"]
    {
        for (method, body) in [("GET", ""), ("PUT", r#"{"profile":"number","value":1}"#), ("DELETE", "")] {
            let (code, error) =
                http(platform.http(), &format!("{method} /device/GH-1/asset/{name}"), None, body).await;
            assert_eq!((code, &error["status"]), (400, &json!(400)), "{method} {name}");
            let (code, _) = http(platform.http(), &format!("{method} /device/{name}"), None, body).await;
            assert_eq!(code, 400, "{method} {name}");
        }
        for path in
            ["/device/GH-1/asset/{}/state", "/device/{}/state", "/asset/{}/state", "/device/{}/assets"]
        {
            let (code, _) =
                http(platform.http(), &format!("GET {}", path.replace("{}", name)), None, "").await;
            assert_eq!(code, 400, "{path} {name}");
        }
    }
    for body in [
        r#"{"a/b":{"value":1}}"#,
        r##"{"#":{"value":1}}"##,
        r#"{"a\u0000":{"value":1}}"#,
        r#"{"":{"value":1}}"#,
    ] {
        assert_eq!(http(platform.http(), "PUT /device/GH-1/state", None, body).await.0, 400, "{body}");
    }
    assert_eq!(stored(&platform).await, before);
    platform.close().await;
}

#[tokio::test]
async fn every_error_is_json() {
    let platform = platform().await;
    for (request, code) in [
        ("PATCH /device/GH-1", 405),
        ("POST /device/GH-1", 405),
        ("DELETE /device/GH-1/state", 405),
        ("POST /device/GH-1/asset/vent", 405),
        ("GET /device/GH-1/command", 405),
        ("DELETE /devices", 405),
        ("GET /", 404),
        ("GET /device", 404),
        ("GET /device/GH-1/", 404),
        ("GET /device/GH-1/asset/vent/state/", 404),
        ("GET /asset/x", 404),
    ] {
        let (found, error) = http(platform.http(), request, None, "").await;
        assert_eq!((found, &error["status"]), (code, &json!(code)), "{request}");
        assert!(!error["error"].as_str().unwrap().is_empty());
    }
    platform.close().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken() {
    let platform = platform().await;
    let head = format!("{STATE} HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n");
    let reply = raw(platform.http(), format!("{head}{{\"value\":1}}").as_bytes(), Then::Close).await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400 "), "{reply}");
    let chunked = format!(
        "{STATE} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{{\"value\":1}}\r\nzz"
    );
    let reply = raw(platform.http(), chunked.as_bytes(), Then::Close).await;
    assert!(reply.is_empty() || reply.starts_with("HTTP/1.1 400 "), "{reply}");
    assert_eq!(get(platform.http(), "/device/GH-1/asset/temperature/state").await.0, 404);
    platform.close().await;
}

/// An Arduino sends two line ends behind the body, on a connection that it goes on using.
#[tokio::test]
async fn stray_line_ends_between_requests_are_passed_over() {
    let platform = platform().await;
    let body = r#"{"value":1}"#;
    let put = format!("{STATE} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}\r\n\r\n", body.len());
    let last = "GET /device/GH-1/state HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let reply = raw(platform.http(), format!("{put}{put}{last}").as_bytes(), Then::Listen).await;
    assert_eq!(reply.matches("HTTP/1.1 200 OK").count(), 3, "{reply}");
    platform.close().await;
}
