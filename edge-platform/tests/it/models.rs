//! Models: whose they are, and by which one a device is judged.

use std::net::SocketAddr;

use edge_platform::{Config, Server, Tokens};
use edge_proto::connector::v1::{OpenSessionRequest, RegisterAssetRequest};
use edge_proto::object::Sha256;
use serde_json::{Value, json};
use tonic::Code;

use crate::support::{connector, greenhouse, http, with};

const URN: &str = "urn:example:greenhouse:1";

/// A platform with tokens for everything, for two organizations, and for two devices of the first.
async fn server() -> Server {
    let mut config = Config::default();
    let tokens = "all acme=org:acme umbrella=org:umbrella other=org:other one=GH-1 two=GH-2 nobody=GH-9";
    config.tokens = tokens.parse::<Tokens>().unwrap();
    Server::start(config).await.unwrap()
}

/// A model that has these actions, without arguments.
fn model(actions: &[&str]) -> String {
    let actions: Vec<_> = actions.iter().map(|name| json!({ "name": name })).collect();
    json!({ "urn": URN, "name": "Greenhouse", "actions": actions }).to_string()
}

async fn register(server: &Server, token: &str, sn: &str) {
    let request = RegisterAssetRequest { asset: Some((&greenhouse(sn)).into()) };
    connector(server.grpc()).await.register_asset(with(Some(token), request)).await.unwrap();
}

/// The device starts; what it says of its model.
async fn start(server: &Server, token: &str, sn: &str, document_digest: &str) -> Result<(), tonic::Status> {
    let request = OpenSessionRequest {
        sn: sn.to_owned(),
        document_digest: document_digest.to_owned(),
        ..OpenSessionRequest::default()
    };
    connector(server.grpc()).await.open_session(with(Some(token), request)).await.map(drop)
}

async fn start_of(server: &Server, token: &str, sn: &str, document: &str) {
    start(server, token, sn, &Sha256::of(document.as_bytes()).to_string()).await.unwrap();
}

async fn put(address: SocketAddr, token: &str, document: &str) -> u16 {
    http(address, &format!("PUT /models/{URN}"), Some(token), document).await.0
}

async fn get(address: SocketAddr, token: &str, path: &str) -> (u16, Value) {
    http(address, &format!("GET {path}"), Some(token), "").await
}

/// Asks the device to do something, and does not wait for it.
async fn ask(server: &Server, token: &str, sn: &str, action: &str, arguments: &str) -> (u16, Value) {
    let body = format!(r#"{{"arguments":{arguments},"timeout":"0s"}}"#);
    http(server.http(), &format!("POST /device/{sn}/action/{action}"), Some(token), &body).await
}

fn parsed(document: &str) -> Value {
    serde_json::from_str(document).unwrap()
}

#[tokio::test]
async fn an_action_is_checked_against_the_model_that_the_device_is_of() {
    let server = server().await;
    register(&server, "all", "GH-1").await;
    let document = json!({ "urn": URN, "name": "Greenhouse", "actions": [{ "name": "calibrate", "arguments": [
        { "name": "offset", "type": "NUMBER", "range": "-5,5" }] }] });
    let text = document.to_string();
    start_of(&server, "one", "GH-1", &text).await;
    let ask = async |action, arguments| ask(&server, "one", "GH-1", action, arguments).await;
    assert_eq!(ask("reboot", "{}").await.0, 202, "nobody has put it yet");
    assert_eq!(put(server.http(), "one", &text).await, 201);
    assert_eq!(get(server.http(), "one", "/device/GH-1/model").await, (200, document.clone()));
    assert_eq!(ask("calibrate", r#"{"offset":5}"#).await.0, 202);
    let (code, reply) = ask("reboot", "{}").await;
    assert_eq!((code, &reply["error"]), (404, &json!("the device `GH-1` has no action `reboot`")));
    for (arguments, reason) in [
        ("{}", "the argument `offset` is missing"),
        (r#"{"offset":6}"#, "`offset`: 6 is above the maximum: the limits are -5..5"),
        (r#"{"offset":1,"axis":"x"}"#, "there is no argument `axis`"),
    ] {
        let (code, reply) = ask("calibrate", arguments).await;
        let expected = format!("the action `calibrate` of `GH-1`: {reason}");
        assert_eq!((code, &reply["error"]), (400, &json!(expected)));
    }
    server.close().await;
}

#[tokio::test]
async fn organizations_with_one_urn_have_models_of_their_own() {
    let server = server().await;
    let (ours, theirs) = (model(&["reboot"]), model(&[]));
    // Who is first with a URN closes nothing for others.
    register(&server, "umbrella", "GH-2").await;
    start_of(&server, "umbrella", "GH-2", &theirs).await;
    assert_eq!(put(server.http(), "umbrella", &theirs).await, 201);
    register(&server, "acme", "GH-1").await;
    assert_eq!(ask(&server, "acme", "GH-1", "reboot", "{}").await.0, 409, "it has no session");
    start_of(&server, "acme", "GH-1", &ours).await;
    assert_eq!(ask(&server, "acme", "GH-1", "reboot", "{}").await.0, 202, "the device judges");
    assert_eq!(put(server.http(), "acme", &ours).await, 201, "it is new to this organization");
    assert_eq!(ask(&server, "acme", "GH-1", "reboot", "{}").await.0, 202);
    assert_eq!(ask(&server, "umbrella", "GH-2", "reboot", "{}").await.0, 404);
    let path = format!("/models/{URN}");
    for (token, document) in [("acme", &ours), ("umbrella", &theirs), ("one", &ours), ("two", &theirs)] {
        assert_eq!(get(server.http(), token, &path).await, (200, parsed(document)), "{token}");
        assert_eq!(get(server.http(), token, "/models").await, (200, json!([parsed(document)])), "{token}");
    }
    // Who may see everything says whose.
    let whose = async |query: &str| get(server.http(), "all", &format!("{path}{query}")).await;
    assert_eq!(whose("?organization=acme").await, (200, parsed(&ours)));
    assert_eq!(whose("?organization=umbrella").await, (200, parsed(&theirs)));
    assert_eq!([whose("").await.0, whose("?organization=other").await.0], [404, 404]);
    assert_eq!(whose("?organization=%00").await.0, 400);
    server.close().await;
}

#[tokio::test]
async fn tokens_without_rights_see_no_models() {
    let server = server().await;
    register(&server, "acme", "GH-1").await;
    let document = model(&[]);
    start_of(&server, "acme", "GH-1", &document).await;
    assert_eq!(put(server.http(), "acme", &document).await, 201);
    let path = format!("/models/{URN}");
    for (token, put_again) in [("other", 201), ("nobody", 403)] {
        assert_eq!(get(server.http(), token, &path).await.0, 404, "{token}");
        assert_eq!(get(server.http(), token, "/models").await, (200, json!([])), "{token}");
        assert_eq!(put(server.http(), token, &model(&["x"])).await, put_again, "{token}");
        assert!([403, 404].contains(&get(server.http(), token, "/device/GH-1/model").await.0), "{token}");
    }
    for query in ["organization=acme", "ORGANIZATION=acme", "organization="] {
        let (path, all) = (format!("{path}?{query}"), format!("/models?{query}"));
        for token in ["other", "nobody"] {
            assert_eq!(get(server.http(), token, &path).await.0, 403, "{token} {query}");
            assert_eq!(get(server.http(), token, &all).await.0, 403, "{token} {query}");
        }
    }
    assert_eq!(get(server.http(), "acme", "/models?organization=acme").await.0, 200);
    for request in [format!("GET {path}"), format!("PUT {path}"), "GET /models".to_owned()] {
        for token in [None, Some("unknown")] {
            assert_eq!(http(server.http(), &request, token, &document).await.0, 403, "{request} {token:?}");
        }
    }
    assert_eq!(get(server.http(), "acme", &path).await, (200, parsed(&document)), "it is as it was");
    server.close().await;
}

#[tokio::test]
async fn two_versions_of_firmware_are_judged_each_by_its_own_model() {
    let server = server().await;
    for sn in ["GH-1", "GH-2"] {
        register(&server, "acme", sn).await;
    }
    let (old, new) = (model(&["reboot"]), model(&["reboot", "calibrate"]));
    start_of(&server, "one", "GH-1", &old).await;
    start_of(&server, "two", "GH-2", &new).await;
    // Each with its own token, in any order; neither sees all devices of the model.
    assert_eq!([put(server.http(), "one", &old).await, put(server.http(), "two", &new).await], [201, 201]);
    let calibrate = async |sn| ask(&server, "acme", sn, "calibrate", "{}").await.0;
    assert_eq!([calibrate("GH-1").await, calibrate("GH-2").await], [404, 202]);
    assert_eq!(put(server.http(), "one", &new).await, 403, "it has not said that it is of that one");
    assert_eq!(get(server.http(), "acme", &format!("/models/{URN}")).await.0, 404);
    // What the organization puts changes what is found, and nothing for devices that are of another one.
    assert_eq!(put(server.http(), "acme", &model(&[])).await, 201);
    assert_eq!([calibrate("GH-1").await, calibrate("GH-2").await], [404, 202]);
    for (token, document) in [("one", &old), ("two", &new), ("acme", &model(&[]))] {
        let found = get(server.http(), token, &format!("/models/{URN}")).await;
        assert_eq!(found, (200, parsed(document)), "{token}");
    }
    // The old one is brought up to date, whose program says what it is of with its next session.
    start_of(&server, "one", "GH-1", &new).await;
    assert_eq!([calibrate("GH-1").await, calibrate("GH-2").await], [202, 202]);
    // One that says nothing judges alone.
    start(&server, "one", "GH-1", "").await.unwrap();
    assert_eq!(ask(&server, "acme", "GH-1", "anything", "{}").await.0, 202);
    assert_eq!(get(server.http(), "one", "/device/GH-1/model").await.0, 404);
    server.close().await;
}

#[tokio::test]
async fn drafts_are_their_organizations_and_no_devices() {
    let server = server().await;
    register(&server, "acme", "GH-1").await;
    start(&server, "acme", "GH-1", "").await.unwrap();
    let draft = json!({ "urn": URN, "name": "Greenhouse", "draft": true });
    assert_eq!(put(server.http(), "acme", &draft.to_string()).await, 201);
    let path = format!("/models/{URN}");
    assert_eq!(get(server.http(), "acme", &path).await, (200, draft.clone()));
    assert_eq!(get(server.http(), "acme", "/models").await, (200, json!([draft])));
    assert_eq!(get(server.http(), "umbrella", &path).await.0, 404);
    assert_eq!(get(server.http(), "umbrella", "/models").await, (200, json!([])));
    assert_eq!(ask(&server, "acme", "GH-1", "reboot", "{}").await.0, 202, "the device is not of it");
    server.close().await;
}

#[tokio::test]
async fn models_are_changed_by_those_who_see_all_of_their_devices() {
    let server = server().await;
    let document = model(&[]);
    assert_eq!(put(server.http(), "one", &document).await, 403, "there is no such device");
    register(&server, "acme", "GH-1").await;
    assert_eq!(
        [put(server.http(), "one", &document).await, put(server.http(), "one", &document).await],
        [201, 200]
    );
    register(&server, "acme", "GH-2").await;
    let changed = model(&["x"]);
    for token in ["one", "two"] {
        assert_eq!(put(server.http(), token, &changed).await, 403, "{token}: it is another's as well");
    }
    assert_eq!(put(server.http(), "acme", &changed).await, 200);
    assert_eq!(get(server.http(), "one", &format!("/models/{URN}")).await, (200, parsed(&changed)));
    server.close().await;
}

#[tokio::test]
async fn a_document_is_digested_as_it_was_put_however_large() {
    let server = server().await;
    register(&server, "acme", "GH-1").await;
    let padding = "x".repeat(edge_proto::payload::MAX_BYTES);
    let document = json!({ "urn": URN, "name": "Greenhouse", "actions": [], "x": padding }).to_string();
    let text = format!("\n  {document}\n");
    start_of(&server, "one", "GH-1", &text).await;
    assert_eq!(put(server.http(), "one", &text).await, 201);
    assert_eq!(get(server.http(), "one", "/device/GH-1/model").await, (200, parsed(&document)));
    assert_eq!(ask(&server, "acme", "GH-1", "reboot", "{}").await.0, 404);
    server.close().await;
}

#[tokio::test]
async fn what_is_no_digest_of_a_document_is_refused() {
    let server = server().await;
    register(&server, "all", "GH-1").await;
    let digest = "a".repeat(64);
    for bad in ["x", "of urn:a", &digest[1..], &format!("{digest}a"), &"ü".repeat(64), &"a".repeat(100_000)]
    {
        let refused = start(&server, "one", "GH-1", bad).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{}", bad.len());
        assert!(refused.message().starts_with("document_digest: "), "{refused}");
    }
    start(&server, "one", "GH-1", &digest.to_uppercase()).await.unwrap();
    server.close().await;
}

#[tokio::test]
async fn what_is_no_model_of_the_urn_is_refused() {
    let server = server().await;
    let good = json!({ "urn": "urn:b", "name": "B" }).to_string();
    let deep = format!(r#"{{"urn":"urn:b","name":"B","x":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let many: Vec<_> = (0..65).map(|n| json!({ "name": format!("a{n}"), "type": "STRING" })).collect();
    let many = json!({ "urn": "urn:b", "name": "B", "actions": [{ "name": "a", "arguments": many }] });
    let long = json!({ "urn": "urn:b", "name": "B", "description": "d".repeat(4097) }).to_string();
    let long_urn = format!("urn:{}", "b".repeat(253));
    for (urn, body, reason) in [
        ("urn:c", good.as_str(), "the model's `urn` is not that of the path"),
        ("urn:b", "{", "malformed payload: EOF"),
        ("urn:b", "\u{feff}{}", "malformed payload: expected value"),
        ("urn:b", "[]", "not a device model: "),
        ("urn:b", &deep, "malformed payload: recursion limit"),
        ("urn:b", &many.to_string(), "the action `a` has 65 arguments, the limit is 64"),
        ("urn:b", &long, "description: the text has 4097 bytes, the limit is 4096"),
        ("urn%20b", r#"{"urn":"urn b","name":"B"}"#, "the URN has white space"),
        ("urn%00", "{}", "the URN has white space or control characters"),
        ("urn:%ff", "{}", "the path: "),
        (&long_urn, "{}", "the URN has 257 bytes, the limit is 256"),
    ] {
        let (code, reply) = http(server.http(), &format!("PUT /models/{urn}"), Some("all"), body).await;
        let error = reply["error"].as_str().unwrap();
        assert_eq!(code, 400, "{urn}: {error}");
        assert!(error.starts_with(reason), "{urn}: {error}");
    }
    let huge = json!({ "urn": "urn:b", "name": "B", "x": "x".repeat(4 * 1024 * 1024) });
    let (code, reply) = http(server.http(), "PUT /models/urn:b", Some("all"), &huge.to_string()).await;
    assert_eq!(code, 413, "{reply}");
    assert_eq!(get(server.http(), "all", "/models?after=urn:b").await, (200, json!([])));
    assert_eq!(get(server.http(), "all", "/models").await, (200, json!([])), "nothing was kept");
    server.close().await;
}
