//! Platforms that are away, slow, or refuse.

use std::time::Duration;

use edge_platform::{Config, Embedded, Server, Tokens};
use edge_runtime::testing::{MemoryPlatform, Message};
use edge_runtime::{ConnectError, Platform};
use edge_tests::{Logs, TestResult, causes};

use tracing::Level;

use crate::model::{Driver, Greenhouse, SN};

async fn connect(platform: &Platform, timeout: Duration) -> Result<(), ConnectError> {
    let builder = platform.device(SN, Greenhouse::new()).handler(Driver).startup_timeout(timeout);
    builder.connect().await.map(drop)
}

#[tokio::test]
async fn an_unreachable_connector_is_an_error_that_names_address_and_cause() -> TestResult {
    let platform = Platform::at("http://127.0.0.1:1", "mqtt://127.0.0.1:1").build()?;
    let error = connect(&platform, Duration::from_secs(2)).await.unwrap_err();
    let text = causes(&error);
    assert!(text.starts_with("device `GH-1` could not start within "), "{text}");
    assert!(text.contains("http://127.0.0.1:1") && text.contains("Connection refused"), "{text}");
    Ok(())
}

#[tokio::test]
async fn an_unreachable_broker_is_an_error_that_names_address_and_cause() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), "mqtt://127.0.0.1:1").build()?;
    let error = connect(&platform, Duration::from_secs(2)).await.unwrap_err();
    let text = causes(&error);
    assert!(text.contains("mqtt://127.0.0.1:1") && text.contains("Connection refused"), "{text}");
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn who_takes_connections_and_never_answers_is_named_too() -> TestResult {
    let silent = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = silent.local_addr()?.to_string();
    let platform = Platform::at(format!("http://{address}"), format!("mqtt://{address}")).build()?;
    let error = connect(&platform, Duration::from_secs(1)).await.unwrap_err();
    assert!(causes(&error).contains(&format!("http://{address}")), "{}", causes(&error));
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), format!("mqtt://{address}")).build()?;
    let error = connect(&platform, Duration::from_secs(1)).await.unwrap_err();
    assert!(causes(&error).contains(&format!("mqtt://{address}")), "{}", causes(&error));
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn for_ever_is_a_timeout_too() -> TestResult {
    let embedded = Embedded::start().await?;
    let platform = Platform::at(embedded.connector_url(), embedded.mqtt_url()).build()?;
    let builder = platform.device(SN, Greenhouse::new()).handler(Driver).startup_timeout(Duration::MAX);
    let device = builder.connect().await?;
    let outcome = embedded.send_command(SN, "vent", 5.into(), Duration::MAX).await?;
    assert_eq!(outcome.value.map(|value| value.get().to_owned()).as_deref(), Some("5"));
    device.close().await?;
    embedded.close().await;
    Ok(())
}

#[tokio::test]
async fn a_token_decides_at_the_connector_and_at_the_broker() -> TestResult {
    let mut config = Config::default();
    config.tokens = Tokens::default().with("canary-master");
    let server = Server::start(config).await?;
    let at = || Platform::at(server.connector_url(), server.mqtt_url());
    let error = connect(&at().token("canary-wrong").build()?, Duration::from_secs(20)).await.unwrap_err();
    assert!(causes(&error).contains("UNAUTHENTICATED"), "{}", causes(&error));
    assert!(!format!("{error:?} {}", causes(&error)).contains("canary"), "{error:?}");

    let platform = at().token("canary-master").build()?;
    assert!(!format!("{platform:?}").contains("canary"), "{platform:?}");
    let device = platform.device(SN, Greenhouse::new()).handler(Driver).connect().await?;
    device.set_temperature(1.0).await?.delivered().await?;
    device.close().await?;
    server.close().await;
    Ok(())
}

#[tokio::test]
async fn serial_numbers_and_first_states_are_checked() -> TestResult {
    let platform = Platform::at("http://127.0.0.1:1", "mqtt://127.0.0.1:1").build()?;
    let error =
        platform.device("a/b", Greenhouse::new()).handler(Driver).connect().await.map(drop).unwrap_err();
    assert!(causes(&error).contains("serial number: the name `a/b` contains '/'"), "{}", causes(&error));
    let first = Greenhouse { temperature: f64::NAN, ..Greenhouse::new() };
    let error = platform.device(SN, first).handler(Driver).connect().await.map(drop).unwrap_err();
    assert!(causes(&error).contains("asset `temperature`: NaN is not a finite number"), "{}", causes(&error));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_is_away_for_half_a_minute_is_there_five_seconds_after_it_is_back() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device(SN, Greenhouse::new()).handler(Driver);
    let device = builder.start_offline(true).connect().await?;
    device.set_temperature(33.0).await?;
    tokio::time::sleep(Duration::from_secs(30)).await;
    // Between half a second and five between two attempts.
    assert!((6..=40).contains(&memory.calls()), "{} calls", memory.calls());
    memory.set_registry_away(false);
    let back = tokio::time::Instant::now();
    let has =
        |message: &Message| message.topic.ends_with("temperature/state") && message.text().contains("33");
    memory.message(has).await;
    assert!(back.elapsed() <= Duration::from_secs(5), "{:?}", back.elapsed());
    device.close().await?;
    Ok(())
}

/// A registry that was away for the half minute of a start was thirteen warnings of the same words.
#[tokio::test(start_paused = true)]
async fn a_registry_that_is_away_is_logged_at_once_and_then_now_and_then() -> TestResult {
    let logs = Logs::capture_from(Level::INFO);
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let builder = memory.platform().device(SN, Greenhouse::new()).handler(Driver);
    let device = builder.start_offline(true).connect().await?;
    let warnings = || logs.text().matches("not registered yet").count();
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(warnings(), 1, "{}", logs.text());
    tokio::time::sleep(Duration::from_secs(3_570)).await;
    assert!((5..=7).contains(&warnings()), "{} in an hour:\n{}", warnings(), logs.text());
    memory.set_registry_away(false);
    tokio::time::sleep(Duration::from_secs(120)).await;
    // What was done, in a line.
    let registered = logs.text().lines().filter(|line| line.contains("registered session=1")).count();
    assert_eq!(registered, 1, "{}", logs.text());
    assert!(logs.text().contains("is_new=true"), "{}", logs.text());
    device.close().await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn connecting_waits_for_a_registry_that_comes_back() -> TestResult {
    let memory = MemoryPlatform::new();
    memory.set_registry_away(true);
    let platform = memory.platform();
    let start = tokio::spawn(async move { connect(&platform, Duration::from_secs(60)).await });
    tokio::time::sleep(Duration::from_secs(30)).await;
    memory.set_registry_away(false);
    start.await??;
    Ok(())
}
