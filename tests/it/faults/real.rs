//! Faults of real processes, names and networks, in real time: minutes of it.

use std::process::Command;
use std::time::Duration;

use edge_platform::{Config, Server};
use edge_runtime::Platform;
use edge_tests::{Mosquitto, Names, Network, PlatformProgram, Process, example};
use tokio::time::Instant;

use super::world::{Result, SN, Ten, set, within};

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
    let first = within(60, broker.log().wait_for(connected)).await;
    first.map_err(|_| format!("it is not connected: {}", device.err.text()))?;

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

#[tokio::test]
#[ignore = "long: the link is down for two minutes"]
async fn c04_a_link_that_is_down_for_a_minute_loses_nothing() -> Result {
    const CUTS: u64 = 2;
    const DOWN: Duration = Duration::from_secs(60);
    let Some(network) = Network::new() else { return Ok(()) };
    let Some(broker) = Mosquitto::start_in(&network).await else { return Ok(()) };
    let mut config = Config::default();
    (config.broker, config.allow_plaintext) = (Some(broker.url().parse()?), true);
    let server = Server::start(config).await?;
    let platform = Platform::at(server.connector_url(), broker.url()).allow_plaintext().build()?;
    let device = platform.device(SN, Ten::default()).connect().await?;
    let mut value = 0;
    for _ in 0..CUTS {
        network.set_up(false);
        let start = Instant::now();
        let mut last = None;
        while start.elapsed() < DOWN {
            value += 1;
            last = Some(set(&device, 0, value).await?);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        network.set_up(true);
        let up = Instant::now();
        within(120, last.unwrap().delivered()).await??;
        println!("C04, a real link: back after {:?}", up.elapsed());
        assert!(
            up.elapsed() <= edge_runtime::backoff::LONGEST + Duration::from_secs(2),
            "{:?}",
            up.elapsed()
        );
    }
    // The platform has them all: it was at the same broker.
    let http = edge_tests::Http::new(server.http_url());
    http.wait_for_state(SN, "a0", |stored| *stored == value).await;
    within(10, device.close()).await??;
    server.close().await;
    Ok(())
}
