//! Faults of real processes, names and networks, in real time: most of it minutes.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use edge_platform::{Config, Server};
use edge_runtime::{Platform, SetError};
use edge_tests::{Heard, Mosquitto, Names, Network, PlatformProgram, Process, Reader, example};
use tokio::time::Instant;

use super::chance;
use super::world::{Result, SN, Ten, TenDevice, set, within};

const CLIENT: &str = "edge-GH-1";
const NOT_CONNECTED: &str = "not connected";

fn greenhouse(command: &mut Command, connector: &str, broker: &str) -> Result<Process> {
    command
        .arg("--forever")
        .env("EDGE_CONNECTOR", connector)
        .env("EDGE_MQTT", broker)
        .env("RUST_LOG", "warn,edge_runtime::delivery=debug"); // every attempt, not only what is news
    Ok(Process::start(command)?)
}

/// The seconds at which a client connected, as the broker tells them.
fn connects(broker: &Mosquitto) -> Vec<u64> {
    let log = broker.log().text();
    let connected = format!(" as {CLIENT} ");
    let lines = log.lines().filter(|line| line.contains("New client connected") && line.contains(&connected));
    lines.map(|line| line.split_once(':').unwrap().0.parse().unwrap()).collect()
}

#[tokio::test]
#[ignore = "long: a minute and a half"]
async fn c14_two_processes_with_one_client_id_do_not_storm_a_real_broker_and_say_why() -> Result {
    let Some(broker) = Mosquitto::start().await else { return Ok(()) };
    let platform = PlatformProgram::start(&["--broker", &broker.url()]).await;
    let start = || greenhouse(&mut Command::new(example("greenhouse")), &platform.connector, &broker.url());
    let devices = [start()?, start()?];
    for device in &devices {
        let why = format!("perhaps another program uses the client id `{CLIENT}`");
        let said = within(180, device.err.wait_for(|line| line.contains(&why))).await;
        said.map_err(|_| format!("it says: {}", device.err.text()))?;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    let times = connects(&broker);
    let minute = |from: u64| times.iter().filter(|at| (from..from + 60).contains(*at)).count();
    let most = times.iter().map(|at| minute(*at)).max().unwrap();
    println!("C14: {} connects of two processes, {most} in a minute", times.len());
    assert!(most <= 2 * 6, "{times:?}");
    Ok(())
}

#[tokio::test]
#[ignore = "long: a minute"]
async fn c07_a_name_that_nobody_knows_or_that_means_the_wrong_machine_is_tried_again() -> Result {
    let Some(names) = Names::new() else { return Ok(()) };
    let Some(mut broker) = Mosquitto::start().await else { return Ok(()) };
    let platform = PlatformProgram::start(&["--broker", &broker.url()]).await;
    let (good, dead) = ("127.0.0.1 broker.test\n", "127.0.0.9 broker.test\n");
    names.set(good);
    let url = format!("mqtt://broker.test:{}", broker.port());
    let mut command = names.command(&example("greenhouse"));
    let device = greenhouse(command.env("EDGE_PLAINTEXT", "allow"), &platform.connector, &url)?;
    let connected = |line: &str| line.contains("New client connected") && line.contains(CLIENT);
    // A connection is not all of a start, which would not wait for a broker for longer than 30 s.
    let first = within(60, device.out.wait_for(|line| line.contains("registered and online"))).await;
    first.map_err(|_| format!("it is not online: {}", device.err.text()))?;

    names.set("");
    broker.kill().await;
    broker.restart().await;
    let start = Instant::now();
    tokio::time::sleep(Duration::from_secs(30)).await;
    names.set(dead);
    let refused = |line: &str| line.contains(NOT_CONNECTED) && line.contains("refused");
    let said = within(70, device.err.wait_for(refused)).await;
    said.map_err(|_| format!("it is not refused: {}", device.err.text()))?;
    assert!(connects(&broker).is_empty());
    names.set(good);
    let back = within(70, broker.log().wait_for(connected)).await;
    back.map_err(|_| format!("it is not back: {}", device.err.text()))?;

    let said = device.err.text();
    let attempts = said.lines().filter(|line| line.contains(NOT_CONNECTED)).count();
    println!("C07: back after {:?} and {attempts} attempts", start.elapsed());
    // One for each step of the backoff: 1 to 4 s, 1 to 8 s, 1 to 16 s, ..
    assert!(attempts <= 20, "{said}");
    assert!(said.lines().any(|line| line.contains("lookup") || line.contains("not known")), "{said}");
    Ok(())
}

/// The values of an asset that were heard.
fn values(heard: &[Heard]) -> BTreeSet<u64> {
    let states = heard.iter().filter(|heard| heard.topic == format!("device/{SN}/asset/a0/state"));
    states.filter_map(|heard| heard.state()?.1.as_u64()).filter(|value| *value > 0).collect()
}

/// A device that counts while its link is down, so often and each time until that is enough. Its broker, who hears all
/// there, and the platform are behind the same link or at its other end.
async fn link_is_down(times: usize, is_enough: impl Fn(&TenDevice, Duration) -> bool) -> Result {
    let Some(network) = Network::new() else { return Ok(()) };
    let Some(broker) = Mosquitto::start_in(&network).await else { return Ok(()) };
    chance::sow();
    let mut config = Config::default();
    (config.broker, config.allow_plaintext) = (Some(broker.url().parse()?), true);
    let server = Server::start(config).await?;
    let reader = Reader::start(broker.address(), "device/#").await;
    let platform = Platform::at(server.connector_url(), broker.url()).allow_plaintext().build()?;
    let device = platform.device(SN, Ten::default()).connect().await?;
    let (mut value, mut longest) = (0, Duration::ZERO);
    for _ in 0..times {
        network.set_up(false);
        let down = Instant::now();
        let count = async {
            loop {
                value += 1;
                let receipt = set(&device, 0, value).await?;
                if is_enough(&device, down.elapsed()) {
                    return Ok::<_, SetError>(receipt);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let last = within(120, count).await??;
        network.set_up(true);
        let up = Instant::now();
        within(120, last.delivered()).await??;
        longest = longest.max(up.elapsed());
    }
    // The broker keeps for the reader what it has not got, until that is back as well.
    reader.wait(Duration::from_secs(180), |heard| values(heard).len() as u64 == value).await;
    let heard = reader.look(values);
    let lost: Vec<_> = (1..=value).filter(|value| !heard.contains(value)).collect();
    println!("C04, a real link: {times} cuts, {value} states, lost {lost:?}, back after {longest:?} at most");
    assert!(lost.is_empty(), "{lost:?}");
    assert!(longest <= edge_runtime::backoff::LONGEST + Duration::from_secs(2), "{longest:?}");
    // The platform has them all: it was at the same broker.
    let http = edge_tests::Http::new(server.http_url());
    http.wait_for_state(SN, "a0", |stored| *stored == value).await;
    within(10, device.close()).await??;
    within(60, server.close()).await?;
    Ok(())
}

#[tokio::test]
async fn c04_a_link_that_is_down_until_that_is_noticed_loses_nothing() -> Result {
    link_is_down(2, |device, _| !device.is_online()).await
}

#[tokio::test]
#[ignore = "long: the link is down for twenty minutes"]
async fn c04_a_link_that_is_down_for_a_minute_loses_nothing() -> Result {
    link_is_down(20, |_, down| down >= Duration::from_secs(60)).await
}
