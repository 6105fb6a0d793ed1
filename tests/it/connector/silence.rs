//! Servers that take connections and do not answer. The clock is virtual: it jumps to the next moment
//! at which somebody would wake up.

use std::time::Duration;

use edge_runtime::connector::{Code, ConnectorClient, Retry};
use edge_tests::{FakeConnector, Reply, TestResult};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use super::{METHODS, builder, call};

/// Of a test with short limits: many times what they are.
const PATIENCE: Duration = Duration::from_secs(5);

/// With the defaults: 10 s for an attempt, 30 s in all.
async fn ends_in_time(url: String) {
    let client = ConnectorClient::builder(url).build().unwrap();
    for (method, _) in METHODS {
        let started = Instant::now();
        let error = call(&client, method).await.unwrap_err();
        let took = started.elapsed();
        assert!(matches!(error.code(), Code::DeadlineExceeded | Code::Unavailable), "{error}");
        // One attempt of a call that must not be repeated, as many as there is time for of the others.
        let limit = if method == "add_sub_asset" { 10 } else { 30 };
        assert!(took <= Duration::from_secs(limit) + Duration::from_millis(10), "{error}: {took:?}");
        assert!(took >= Duration::from_secs(limit - 10), "{error}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_takes_connections_and_never_answers_is_given_up() -> TestResult {
    // The system takes the connections; nobody reads from them.
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    ends_in_time(format!("http://{}", silent.local_addr()?)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_byte_per_second_is_no_answer() -> TestResult {
    // An empty SETTINGS frame of HTTP/2, over and over.
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                for byte in SETTINGS.iter().cycle() {
                    if stream.write_all(&[*byte]).await.is_err() {
                        break;
                    }
                    sleep(Duration::from_secs(1)).await;
                }
            });
        }
    });
    ends_in_time(url).await;
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_not_answered_fails_within_its_own_limits() {
    for begins in [false, true] {
        let fake = FakeConnector::start(move |_| if begins { Reply::Stall } else { Reply::Silence }).await;
        let limits = builder(&fake).attempt_timeout(Duration::from_millis(40)).retry(Retry::AtMost(2));
        let client = limits.build().unwrap();
        let error = timeout(PATIENCE, call(&client, "get_asset")).await.unwrap().unwrap_err();
        assert_eq!(error.code(), Code::DeadlineExceeded, "begins to answer: {begins}");
        assert_eq!((error.message(), fake.count("GetAsset")), ("no answer within 40ms", 3));
        // The server is told how long the client will wait.
        assert_eq!(fake.calls()[0].header("grpc-timeout"), "40000000n");
    }
}

/// The last attempt has only the rest of the time. That it was not answered in it says nothing.
#[tokio::test]
async fn what_is_told_is_what_was_answered_and_not_the_silence_at_the_end() {
    let fake = FakeConnector::start(|call| match call.index {
        0 => Reply::code(tonic::Code::ResourceExhausted),
        _ => Reply::Silence,
    })
    .await;
    let client = builder(&fake).deadline(Duration::from_millis(200)).build().unwrap();
    let error = call(&client, "get_asset").await.unwrap_err();
    assert_eq!((error.code(), fake.count("GetAsset")), (Code::ResourceExhausted, 2), "{error}");
}

#[tokio::test]
async fn what_speaks_no_http2_is_an_error() -> TestResult {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let client = ConnectorClient::builder(format!("http://{}", listener.local_addr()?));
    let client = client.deadline(Duration::from_millis(300)).build()?;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        }
    });
    let error = call(&client, "get_asset").await.unwrap_err();
    assert!(error.is_retryable() && !error.is_protocol(), "{error:?}");
    Ok(())
}
