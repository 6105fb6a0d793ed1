//! What is tried again, when, and what is not.

use std::net::SocketAddr;
use std::sync::{Mutex, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use edge_proto::connector::v1;
use edge_runtime::connector::{Code, ConnectorClient, Retry, SubAsset};
use edge_tests::{Call, FakeConnector, Reply, TestResult, causes};
use tokio::runtime::Builder;
use tokio::sync::oneshot;
use tonic::transport::Server;
use tonic::{Code as Status, Status as Refusal};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{METHODS, builder, call, client};

#[tokio::test]
async fn what_was_unavailable_for_a_moment_is_not_noticed() -> TestResult {
    let fake = FakeConnector::start(|call| match call.index {
        0 | 1 => Reply::code(Status::Unavailable),
        _ => Reply::message(&v1::Asset { sn: "DOCK-1".to_owned(), ..v1::Asset::default() }),
    })
    .await;
    assert_eq!(client(&fake).get_asset("1").await?.sn, "DOCK-1");
    assert_eq!(fake.count("GetAsset"), 3);
    Ok(())
}

fn come_back(after: Duration) -> Reply {
    let details = ErrorDetails::with_retry_info(Some(after));
    Reply::Status(Refusal::with_error_details(Status::ResourceExhausted, "too many calls", details))
}

#[tokio::test]
async fn a_server_that_says_when_to_come_back_is_obeyed() -> TestResult {
    const AFTER: Duration = Duration::from_millis(150);
    let fake = FakeConnector::start(|call| match call.index {
        0 => come_back(AFTER),
        _ => Reply::message(&v1::Asset::default()),
    })
    .await;
    client(&fake).get_asset("1").await?;
    let calls = fake.calls();
    assert!(calls[1].at - calls[0].at >= AFTER, "{calls:?}");
    Ok(())
}

#[tokio::test]
async fn who_says_to_come_back_after_the_deadline_is_not_waited_for() {
    const AFTER: Duration = Duration::from_secs(60);
    let fake = FakeConnector::start(|_| come_back(AFTER)).await;
    let started = Instant::now();
    let error = call(&client(&fake), "get_asset").await.unwrap_err();
    assert_eq!((error.code(), error.retry_after()), (Code::ResourceExhausted, Some(AFTER)));
    assert_eq!(fake.count("GetAsset"), 1);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn without_a_server_the_error_says_where_and_why() {
    let client = ConnectorClient::builder("http://127.0.0.1:1").retry(Retry::AtMost(1)).build().unwrap();
    for (method, _) in METHODS {
        let error = call(&client, method).await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable);
        let text = causes(&error);
        assert!(text.starts_with(&format!("{method} at http://127.0.0.1:1: UNAVAILABLE: ")), "{text}");
        assert!(text.contains("Connection refused"), "{text}");
    }
}

/// AddSubAsset must not be made twice; but while there is no connection it has not been made once.
#[tokio::test]
async fn an_addition_waits_for_a_connection_and_is_made_once() {
    let part = || v1::SubAsset { id: "1".to_owned(), ..v1::SubAsset::default() };
    // A port that was free a moment ago, and is free again when the task that listened has gone.
    let address = FakeConnector::start(|_| Reply::Silence).await.address();
    let client = ConnectorClient::builder(format!("http://{address}")).build().unwrap();
    let once = ConnectorClient::builder(format!("http://{address}")).retry(Retry::Never).build().unwrap();
    while call(&once, "get_asset").await.unwrap_err().code() != Code::Unavailable {}

    let drone = SubAsset::device("DRONE-1");
    let (added, fake) = tokio::join!(client.add_sub_asset("DOCK-1", &drone), async {
        // Who comes second is refused as well, and then somebody listens.
        assert_eq!(call(&once, "get_asset").await.unwrap_err().code(), Code::Unavailable);
        FakeConnector::on(address, Server::builder(), None, move |_| Reply::message(&part())).await
    });
    assert_eq!(added.unwrap().id, "1");
    assert_eq!(fake.count("AddSubAsset"), 1);
}

fn found(_: &Call) -> Reply {
    Reply::message(&v1::Asset::default())
}

/// A server that ends with all its connections, as a process does that is killed: when `end` comes.
fn mortal(
    script: impl Fn(&Call) -> Reply + Send + Sync + 'static,
    end: oneshot::Receiver<()>,
) -> (SocketAddr, JoinHandle<()>) {
    let (started, address) = mpsc::channel();
    let life = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let fake = runtime.block_on(FakeConnector::start(script));
        started.send(fake.address()).unwrap();
        runtime.block_on(end).unwrap();
    });
    (address.recv().unwrap(), life)
}

#[tokio::test]
async fn a_lost_connection_is_made_again() -> TestResult {
    let (kill, end) = oneshot::channel();
    let (address, life) = mortal(found, end);
    let client = ConnectorClient::builder(format!("http://{address}")).build()?;
    client.get_asset("1").await?;
    kill.send(()).unwrap();
    life.join().unwrap();
    let fake = FakeConnector::on(address, Server::builder(), None, found).await;
    client.get_asset("1").await?;
    assert_eq!(fake.count("GetAsset"), 1);
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_lost_under_a_call_is_unavailable() -> TestResult {
    let (kill, end) = oneshot::channel();
    let kill = Mutex::new(Some(kill));
    let dies = move |_: &Call| {
        kill.lock().unwrap().take().unwrap().send(()).unwrap();
        Reply::Silence
    };
    let (address, life) = mortal(dies, end);
    let client = ConnectorClient::builder(format!("http://{address}")).build()?;
    let error = call(&client, "add_sub_asset").await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unavailable, "the connection is lost"), "{error:?}");
    life.join().unwrap();
    Ok(())
}

#[tokio::test]
async fn fields_that_are_wrong_are_named() {
    let fake = FakeConnector::start(|_| {
        let mut details = ErrorDetails::new();
        details.add_bad_request_violation("asset.sn", "it is empty");
        details.add_bad_request_violation("asset.name", "it is too long");
        Reply::Status(Refusal::with_error_details(Status::InvalidArgument, "2 fields are wrong", details))
    })
    .await;
    let error = call(&builder(&fake).build().unwrap(), "register_asset").await.unwrap_err();
    let fields: Vec<_> = error.fields().iter().map(|f| (f.field.as_str(), f.description.as_str())).collect();
    assert_eq!(fields, [("asset.sn", "it is empty"), ("asset.name", "it is too long")]);
    assert_eq!(error.message(), "2 fields are wrong");
}
