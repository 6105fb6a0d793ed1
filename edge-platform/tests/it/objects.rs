//! Storage objects, asked for as no client of good will does: each time the reason is said, and nothing is kept.

use edge_platform::Embedded;
use serde_json::{Value, json};

use crate::http_bad::{Then, raw};
use crate::support::{SN, get, greenhouse, post, put, register};

async fn platform() -> Embedded {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    platform
}

/// One request with these lines in its head; status, and body as JSON.
async fn ask(platform: &Embedded, request: &str, head: &[&str], body: &str) -> (u16, Value) {
    let lines: String = head.iter().map(|line| format!("{line}\r\n")).collect();
    let length = body.len();
    let text = format!(
        "{request} HTTP/1.1\r\nHost: p\r\nConnection: close\r\nContent-Length: {length}\r\n{lines}\r\n{body}"
    );
    let reply = raw(platform.http(), text.as_bytes(), Then::Listen).await;
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[track_caller]
fn check(answer: (u16, Value), code: u16, reason: &str) {
    let error = answer.1["error"].as_str().unwrap_or_default();
    assert!(answer.0 == code && error.contains(reason), "{code} {reason}: {} {}", answer.0, answer.1);
}

#[tokio::test]
async fn what_is_said_of_an_object_can_stand_in_headers_or_is_refused() {
    let platform = platform().await;
    let object = "PUT /device/GH-1/object/map.bin";
    let long = format!("Content-Type: a/{}", "b".repeat(255));
    let key = format!("X-Object-Meta-{}: 1", "k".repeat(65));
    let many: Vec<_> = (0..33).map(|number| format!("X-Object-Meta-{number}: 1")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for (head, reason) in [
        (&["Content-Type: picture"][..], "a content type is `type/subtype`"),
        (&["Content-Type: "], "a content type has 1 to 256 bytes"),
        (&[&long], "a content type has 1 to 256 bytes"),
        (&["Content-Type: a/b", "Content-Type: c/d"], "`content-type` comes twice"),
        (&["Content-Encoding: gzip br"], "an encoding is a word"),
        (&["Content-Encoding: "], "an encoding has 1 to 256 bytes"),
        (&["Content-Encoding: gzip", "Content-Encoding: br"], "`content-encoding` comes twice"),
        (&["Repr-Digest: md5=:x:"], "`repr-digest` has no `sha-256=:BASE64:`"),
        (&["Repr-Digest: sha-256=:AAAA:"], "`repr-digest` has no `sha-256=:BASE64:`"),
        (&["X-Object-Meta-: 1"], "a metadata key has 1 to 64 ASCII letters"),
        (&["X-Object-Meta-a.b: 1"], "a metadata key has 1 to 64 ASCII letters"),
        (&[&key], "a metadata key has 1 to 64 ASCII letters"),
        (&["X-Object-Meta-A: 1", "x-object-meta-a: 2"], "`x-object-meta-a` comes twice"),
        (&many, "at most 32 entries of metadata, not 33"),
    ] {
        check(ask(&platform, object, head, "a map").await, 400, reason);
    }
    let name = format!("PUT /device/GH-1/object/{}", "n".repeat(129));
    for path in [&name, "PUT /device/GH-1/object/.hidden", "PUT /device/GH-1/object/a%2Fb"] {
        check(ask(&platform, path, &[], "a map").await, 400, "the path: an object's name");
    }
    check(ask(&platform, "PUT /device/GH-9/object/map.bin", &[], "a map").await, 404, "no device");
    assert_eq!(get(platform.http(), "/device/GH-1/objects").await, (200, json!([])));
    platform.close().await;
}

#[tokio::test]
async fn what_completes_an_upload_is_a_description_or_is_refused() {
    let platform = platform().await;
    let upload = "/device/GH-1/object/map.bin/upload/one";
    let (patch, complete) = (format!("PATCH {upload}"), format!("PUT {upload}"));
    for (head, reason) in [
        (&[][..], "`upload-offset` is missing"),
        (&["Upload-Offset: -1"], "`upload-offset` is not a number of bytes"),
        (&["Upload-Offset: 99999999999999999999"], "`upload-offset` is not a number of bytes"),
        (&["Upload-Offset: 0", "Upload-Offset: 0"], "`upload-offset` comes twice"),
    ] {
        check(ask(&platform, &patch, head, "a map").await, 400, reason);
    }
    assert_eq!(ask(&platform, &patch, &["Upload-Offset: 0"], "a map").await.0, 204);
    let deep = format!(r#"{{"contentType":"a/b","metadata":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let metadata: serde_json::Map<_, _> = (0..33).map(|n| (format!("k{n}"), json!("v"))).collect();
    let many = json!({ "contentType": "a/b", "metadata": metadata }).to_string();
    for (body, reason) in [
        ("", "not an object's description: EOF"),
        ("[]", "not an object's description: "),
        ("{}", "not an object's description: missing field `contentType`"),
        (r#"{"contentType":7}"#, "not an object's description: invalid type"),
        (r#"{"contentType":"picture"}"#, "a content type is `type/subtype`"),
        (r#"{"contentType":"a/b","encoding":"gzip br"}"#, "an encoding is a word"),
        (r#"{"contentType":"a/b","sha256":"abc"}"#, "a SHA-256 has 64 hexadecimal digits"),
        (r#"{"contentType":"a/b","metadata":{"a b":"c"}}"#, "a metadata key has 1 to 64 ASCII letters"),
        (r#"{"contentType":"a/b","metadata":{"a":"\u0000"}}"#, "a metadata value has 1 to 256 bytes"),
        (&many, "at most 32 entries of metadata"),
        (&deep, "not an object's description: invalid type"),
    ] {
        check(ask(&platform, &complete, &["Upload-Length: 5"], body).await, 400, reason);
    }
    let good = r#"{"contentType":"text/plain","encoding":"gzip"}"#;
    check(ask(&platform, &complete, &[], good).await, 400, "`upload-length` is missing");
    check(ask(&platform, &complete, &["Upload-Length: 5", "Content-Encoding: gzip"], good).await, 415, "");
    let (code, stored) = ask(&platform, &complete, &["Upload-Length: 5"], good).await;
    assert_eq!((code, &stored["encoding"]), (201, &json!("gzip")), "the upload was still there");
    platform.close().await;
}

#[tokio::test]
async fn commands_with_names_that_are_none_are_refused_in_few_words() {
    let platform = platform().await;
    let sn = edge_proto::connector::v1::OpenSessionRequest { sn: SN.into(), ..Default::default() };
    crate::support::connector(platform.grpc()).await.open_session(sn).await.unwrap();
    let long = "n".repeat(100_000);
    for name in [&*long, "a b", "", "a/b", "a\\u0000", "+"] {
        let body = format!(r#"{{"arguments":{{"{name}":1}},"timeout":"0s"}}"#);
        let (code, reply) = post(platform.http(), "/device/GH-1/action/reboot", &body).await;
        let error = reply["error"].as_str().unwrap();
        assert!(code == 400 && error.contains("is no name") && error.len() < 500, "{name}: {code} {error}");
        let body = format!(r#"{{"values":{{"{name}":1}},"timeout":"0s"}}"#);
        let (code, reply) = put(platform.http(), "/device/GH-1/command", &body).await;
        let error = reply["error"].as_str().unwrap();
        assert!(code == 404 && error.contains("has no asset") && error.len() < 500, "{name}: {code} {error}");
    }
    for path in [format!("/device/GH-1/action/{}", "n".repeat(65)), "/device/GH-1/action/a%20b".to_owned()] {
        check(post(platform.http(), &path, "").await, 400, "the path: the name");
    }
    let deep = format!(r#"{{"arguments":{{"a":{}{}}}}}"#, "[".repeat(500), "]".repeat(500));
    check(post(platform.http(), "/device/GH-1/action/reboot", &deep).await, 400, "malformed payload");
    platform.close().await;
}

#[tokio::test]
async fn a_body_that_is_encoded_is_refused_where_json_is_expected() {
    let platform = platform().await;
    for request in ["PUT /models/urn:a", "POST /device/GH-1/action/reboot", "PUT /device/GH-1/state"] {
        let encoded = ask(&platform, request, &["Content-Encoding: gzip"], "{}").await;
        check(encoded, 415, "a body is taken as it is: there is no `Content-Encoding`");
    }
    let body = r#"{"urn":"urn:a","name":"A"}"#;
    assert_eq!(ask(&platform, "PUT /models/urn:a", &["Content-Encoding: Identity"], body).await.0, 201);
    platform.close().await;
}
