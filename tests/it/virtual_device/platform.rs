//! Models at a real platform: its HTTP API, with tokens, and while it is away.

use std::time::Duration;

use edge_platform::{DeviceId, Embedded, Status, Tokens};
use edge_runtime::document::Action;
use edge_runtime::model::OverwritePolicy;
use edge_runtime::registry::RegistryError;
use edge_runtime::{ConnectError, Device, ModelDocument, Platform, Profile, ReconcileError, ValueType};
use edge_tests::{Http, TestResult, free_port};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::house::{Driver, House, SN};

const URN: &str = "urn:test:house:1";

fn at(embedded: &Embedded) -> edge_runtime::PlatformBuilder {
    Platform::at(embedded.connector_url(), embedded.mqtt_url())
}

async fn connect(platform: &Platform) -> Result<super::house::HouseDevice, edge_runtime::ConnectError> {
    platform.device(SN, House::new()).handler(Driver).connect().await
}

#[tokio::test]
async fn v22_a_platform_has_the_models_of_devices_that_registered() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    assert_eq!(platform.device_model(URN).await?, None);
    let house = connect(&platform).await?;
    assert_eq!(platform.device_model(URN).await?, Some(House::MODEL.document()));
    let (status, json) = Http::new(embedded.http_url()).get(&format!("/models/{URN}")).await?;
    assert_eq!((status, &json["urn"], &json["attributes"][0]["alias"]), (200, &json!(URN), &json!("temp")));
    house.close().await?;
    // From it, another program makes the device, which changes nothing that is registered.
    let model = platform.device_model(URN).await?.expect("it was there");
    let before = Http::new(embedded.http_url()).get(&format!("/device/{SN}")).await?;
    let device = platform.dynamic_device(SN, &model)?.connect().await?;
    device.set("temp", 21.5).await?.delivered().await?;
    let http = Http::new(embedded.http_url());
    http.wait_for_state(SN, "temperature", |value| *value == 21.5).await;
    assert_eq!(http.get(&format!("/device/{SN}")).await?.1["version"], before.1["version"]);
    device.close().await?;
    embedded.close().await;
    Ok(())
}

/// It was taken for the one that was asked for, and kept under its own name.
#[tokio::test]
async fn v22_a_model_of_another_urn_is_not_the_one_that_was_asked_for() -> TestResult {
    let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = server.local_addr()?;
    let other = ModelDocument::new("urn:test:other:1", "Other").to_json();
    let answers = tokio::spawn(async move {
        let (mut caller, _) = server.accept().await?;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{other}", other.len());
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") && caller.read_buf(&mut asked).await? > 0 {}
        caller.write_all(head.as_bytes()).await
    });
    let folder = tempfile::tempdir()?;
    let platform = Platform::at("http://127.0.0.1:1", "127.0.0.1:1").http(format!("http://{address}"));
    let platform = platform.build()?.model_cache(folder.path());
    let error = platform.device_model(URN).await.unwrap_err();
    assert!(matches!(error, RegistryError::Protocol { .. }), "{error}");
    let said = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    assert_eq!(said, format!("the model `urn:test:other:1` and not `{URN}`"));
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "nothing is kept");
    answers.await??;
    Ok(())
}

#[tokio::test]
async fn v22_what_is_no_urn_is_refused() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    assert_eq!(platform.device_model("").await?, None);
    for urn in [" ", "urn:test:house 1", &"u".repeat(300)] {
        let found = platform.device_model(urn).await;
        assert!(matches!(found, Err(RegistryError::Rejected { .. })), "{urn:?}: {found:?}");
    }
    // What an address leaves out finds another one.
    platform.put_device_model(&House::MODEL.document()).await?;
    let found = platform.device_model("urn:test:house:1\n").await;
    assert!(matches!(found, Err(RegistryError::Protocol { .. })), "{found:?}");
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn v23_drafts_of_a_platform_are_there_when_they_are_allowed() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    let draft = ModelDocument { draft: true, ..ModelDocument::new("urn:test:a/b c?:ü", "Draft") };
    let refused = platform.put_device_model(&draft).await;
    assert!(matches!(refused, Err(RegistryError::Rejected { .. })), "no white space in a URN: {refused:?}");
    let draft = ModelDocument { urn: "urn:test:a/b?c#ü%2F".to_owned(), ..draft };
    platform.put_device_model(&draft).await?;
    assert_eq!(platform.device_model(&draft.urn).await?, None);
    let platform = platform.allow_draft_models(true);
    assert_eq!(platform.device_model(&draft.urn).await?, Some(draft));
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_device_starts_without_the_api_that_its_model_goes_to() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = at(&embedded).http(format!("http://127.0.0.1:{}", free_port())).build()?;
    let house = connect(&platform).await?;
    house.set_temperature(21.5).await?.delivered().await?;
    let error = platform.device_model(URN).await.unwrap_err();
    assert!(matches!(error, RegistryError::Unavailable { .. }), "{error}");
    house.close().await?;
    // Where nobody has said where the API is, nothing is put anywhere.
    let house = connect(&at(&embedded).build()?).await?;
    assert_eq!(Http::new(embedded.http_url()).get(&format!("/models/{URN}")).await?.0, 404);
    house.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_token_of_one_device_starts_it_and_leaves_the_model_of_others_alone() -> TestResult {
    let tokens = Tokens::default().with("all").with_device("own", DeviceId::new(SN)?);
    let embedded = Embedded::start_with(|config| config.tokens = tokens).await?;
    let all = at(&embedded).http(embedded.http_url()).token("all").build()?;
    let other = all.device("GH-2", House::new()).handler(Driver).connect().await?;
    let own = at(&embedded).http(embedded.http_url()).token("own").build()?;
    let house = connect(&own).await?;
    let changed = ModelDocument { name: "Changed".to_owned(), ..House::MODEL.document() };
    let refused = own.put_device_model(&changed).await;
    assert!(matches!(refused, Err(RegistryError::Rejected { .. })), "{refused:?}");
    assert_eq!(own.device_model(URN).await?, Some(House::MODEL.document()), "everybody may read it");
    house.close().await?;
    other.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_token_of_one_device_puts_the_model_that_no_other_is_of() -> TestResult {
    let tokens = Tokens::default().with("all").with_device("own", DeviceId::new(SN)?);
    let embedded = Embedded::start_with(|config| config.tokens = tokens).await?;
    let own = at(&embedded).http(embedded.http_url()).token("own").build()?;
    let house = connect(&own).await?;
    assert_eq!(own.device_model(URN).await?, Some(House::MODEL.document()));
    own.put_device_model(&House::MODEL.document()).await?;
    let others = own.put_device_model(&ModelDocument::new("urn:test:other", "Other")).await;
    assert!(matches!(others, Err(RegistryError::Rejected { .. })), "{others:?}");
    house.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_platform_that_keeps_no_models_says_so() -> TestResult {
    let platform = Platform::allthingstalk("token").http("127.0.0.1:1").mqtt("127.0.0.1:1").build()?;
    let error = platform.device_model(URN).await.unwrap_err();
    assert!(matches!(error, RegistryError::NoModels { .. }), "{error}");
    let error = platform.put_device_model(&House::MODEL.document()).await.unwrap_err();
    assert!(matches!(error, RegistryError::NoModels { .. }), "{error}");
    Ok(())
}

/// It knows the aliases from the document that the device has put.
#[tokio::test]
async fn v02_a_platform_finds_an_action_by_its_alias() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let house = connect(&at(&embedded).http(embedded.http_url()).build()?).await?;
    assert_eq!((ask(&http, SN, "restart").await?, ask(&http, SN, "begin-anew").await?), (202, 404));
    let url = format!("{}/device/{SN}/action/restart", http.url());
    let asked = reqwest::Client::new().post(url).send().await?;
    assert_eq!(asked.status(), 200, "{}", asked.text().await?);
    house.close().await?;
    embedded.close().await;
    Ok(())
}

/// It knows them from the same document, and sends the name: a command by alias was of an unknown asset.
#[tokio::test]
async fn v02_a_platform_finds_an_asset_by_its_alias() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let house = connect(&at(&embedded).http(embedded.http_url()).build()?).await?;
    let (flap, all) = (format!("/device/{SN}/asset/flap/command"), format!("/device/{SN}/command"));
    let (status, outcome) = put(&http, &flap, json!({ "value": 40 })).await?;
    assert_eq!((status, &outcome["value"], house.vent()), (200, &json!(40), 40), "{outcome}");
    let several = json!({ "values": { "flap": 50, "period": 7 } });
    let (status, outcome) = put(&http, &all, several).await?;
    assert_eq!((status, &outcome["value"]), (200, &json!({ "vent": 50, "period": 7 })), "{outcome}");
    let (status, refusal) = put(&http, &all, json!({ "values": { "vent": 60, "flap": 70 } })).await?;
    assert_eq!((status, house.vent()), (400, 50), "{refusal}");
    assert!(refusal.to_string().contains("`vent` of `GH-1` is commanded twice"), "{refusal}");
    let temperature = format!("/device/{SN}/asset/temp/command");
    let (status, refusal) = put(&http, &temperature, json!({ "value": 1 })).await?;
    assert_eq!(status, 409, "a sensor takes none: {refusal}");
    let outcome = embedded.send_command(SN, "flap", 60.into(), Duration::MAX).await?;
    assert_eq!((outcome.status, house.vent()), (Status::Applied, 60));
    house.close().await?;
    embedded.close().await;
    Ok(())
}

async fn put(http: &Http, path: &str, body: Value) -> Result<(u16, Value), reqwest::Error> {
    let sent = reqwest::Client::new().put(format!("{}{path}", http.url())).json(&body).send().await?;
    Ok((sent.status().as_u16(), sent.json().await?))
}

/// Asks for an action and does not wait for it.
async fn ask(http: &Http, sn: &str, action: &str) -> Result<u16, Box<dyn std::error::Error>> {
    let url = format!("{}/device/{sn}/action/{action}", http.url());
    Ok(reqwest::Client::new().post(url).json(&json!({ "timeout": "0s" })).send().await?.status().as_u16())
}

#[tokio::test]
async fn v22_each_version_of_a_firmware_is_judged_by_the_model_that_it_put() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    let old = House::MODEL.document();
    let mut new = old.clone();
    new.actions.retain(|action| action.name != "reboot");
    new.actions.push(Action { name: "defrost".to_owned(), ..old.actions[0].clone() });
    let house = connect(&platform).await?;
    let other = platform.dynamic_device("GH-2", &new)?.connect().await?;
    assert_eq!(platform.device_model(URN).await?, Some(new), "the newest is found");
    assert_eq!((ask(&http, SN, "reboot").await?, ask(&http, SN, "defrost").await?), (202, 404));
    assert_eq!((ask(&http, "GH-2", "reboot").await?, ask(&http, "GH-2", "defrost").await?), (404, 202));
    // What an operator puts says nothing about devices that are of another one.
    platform.put_device_model(&ModelDocument::new(URN, "Empty")).await?;
    assert_eq!((ask(&http, SN, "reboot").await?, ask(&http, SN, "defrost").await?), (202, 404));
    house.close().await?;
    other.close().await?;
    embedded.close().await;
    Ok(())
}

/// Its document counted although it never ran, and what did run was judged by it.
#[tokio::test]
async fn v22_a_start_that_is_refused_says_nothing_of_what_the_device_is() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    let house = connect(&platform).await?;
    // Another firmware, which knows no reboot, and whose temperature is a text.
    let mut new = House::MODEL.document();
    new.actions.clear();
    new.attributes[0].asset.profile = Profile::new(ValueType::String);
    new.attributes[0].default = None;
    // Somebody has put it already, so that the platform would know what to judge by.
    platform.put_device_model(&new).await?;
    let builder = || platform.dynamic_device(SN, &new);
    let never = OverwritePolicy::Never;
    let refused = builder()?.overwrite_assets(never).connect().await.unwrap_err();
    assert!(matches!(&refused, ConnectError::Reconcile(ReconcileError::AssetMismatch { .. })), "{refused}");
    assert_eq!(ask(&http, SN, "reboot").await?, 202);
    // Nor does one that says no model at all.
    let silent = at(&embedded).build()?;
    let refused = silent.dynamic_device(SN, &new)?.overwrite_assets(never).connect().await.unwrap_err();
    assert!(matches!(&refused, ConnectError::Reconcile(ReconcileError::AssetMismatch { .. })), "{refused}");
    assert_eq!(ask(&http, SN, "defrost").await?, 404);
    assert_eq!(ask(&http, SN, "reboot").await?, 202);
    house.close().await?;
    let device = builder()?.overwrite_assets(OverwritePolicy::Always).connect().await?;
    assert_eq!(ask(&http, SN, "reboot").await?, 404);
    device.close().await?;
    embedded.close().await;
    Ok(())
}

/// A process tells a model once. Should others have made the platform forget it, the next device says it again.
#[tokio::test]
async fn v22_a_model_that_the_platform_has_forgotten_is_told_again() -> TestResult {
    let embedded = Embedded::start().await?;
    let http = Http::new(embedded.http_url());
    let platform = at(&embedded).http(embedded.http_url()).build()?;
    connect(&platform).await?.close().await?;
    // The device is made to be of another document, and then nobody says the first one.
    let empty = ModelDocument { actions: Vec::new(), ..House::MODEL.document() };
    at(&embedded)
        .http(embedded.http_url())
        .build()?
        .dynamic_device(SN, &empty)?
        .connect()
        .await?
        .close()
        .await?;
    assert_eq!(platform.device_model(URN).await?, Some(empty));
    let house = connect(&platform).await?;
    assert_eq!((ask(&http, SN, "reboot").await?, ask(&http, SN, "defrost").await?), (202, 404));
    house.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn v22_models_of_other_organizations_are_neither_seen_nor_in_the_way() -> TestResult {
    let tokens = Tokens::default().with_organization("ours", "acme").with_organization("theirs", "umbrella");
    let embedded = Embedded::start_with(|config| config.tokens = tokens).await?;
    let build = |token: &str| at(&embedded).http(embedded.http_url()).token(token).build();
    let (ours, theirs) = (build("ours")?, build("theirs")?);
    // Of the same URN, and without any action.
    let empty = ModelDocument { actions: Vec::new(), ..House::MODEL.document() };
    let other = theirs.dynamic_device("GH-2", &empty)?.connect().await?;
    assert_eq!(ours.device_model(URN).await?, None);
    let house = connect(&ours).await?;
    assert_eq!(ours.device_model(URN).await?, Some(House::MODEL.document()));
    assert_eq!(theirs.device_model(URN).await?, Some(empty));
    let url = format!("{}/device/{SN}/action/reboot", embedded.http_url());
    let asked = reqwest::Client::new().post(url).bearer_auth("ours").send().await?;
    assert_eq!(asked.status(), 200, "{}", asked.text().await?);
    house.close().await?;
    other.close().await?;
    embedded.close().await;
    Ok(())
}
