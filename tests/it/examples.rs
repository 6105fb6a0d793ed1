//! The examples, run as a newcomer runs them.

use std::process::Command;

use edge_tests::{Process, TestResult, example};

/// The variables that would send an example to another platform.
const VARIABLES: [&str; 8] = [
    "EDGE_CONNECTOR",
    "EDGE_HTTP",
    "EDGE_MQTT",
    "EDGE_TOKEN",
    "CONNECTOR_SERVICE_HOST",
    "CONNECTOR_SERVICE_PORT",
    "ATT_DEVICE",
    "ATT_TOKEN",
];

async fn run(name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let mut command = Command::new(example(name));
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    let mut process = Process::start(&mut command)?;
    let status = process.wait().await?;
    let (out, err) = (process.out.end().await, process.err.end().await);
    assert!(status.success(), "{status}\n{out}\n{err}");
    assert_eq!(err, "", "nothing to complain about");
    Ok(out)
}

#[tokio::test]
async fn thermometer() -> TestResult {
    assert_eq!(
        run("thermometer").await?,
        "temperature = 21.5 °C\ntemperature = 21.6 °C\ntemperature = 21.8 °C"
    );
    Ok(())
}

#[tokio::test]
async fn counter() -> TestResult {
    assert_eq!(run("counter").await?, "counter = 1\ncounter = 2\ncounter = 3");
    Ok(())
}

#[tokio::test]
async fn greenhouse() -> TestResult {
    let out = run("greenhouse").await?;
    for line in [
        "GH-1 (not registered yet), overwrite_assets = false",
        "  + temperature      sensor   number -40..85 °C",
        "2. registered and online: device GH-1, session 1",
        "   platform   temperature 31.5 °C",
        "   vent = 130: rejected: `vent`: 130 is above the maximum: the limits are 0..100",
        "   servo      moves from 0 % towards 95 %",
        "   vent = 95: applied: 90",
        "   period = 2: applied: 2",
        "vent: 90, period: 2 }",
        "6. goodbye",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    Ok(())
}

#[tokio::test]
async fn dock() -> TestResult {
    let out = run("dock").await?;
    for line in [
        "1. DOCK-1 is online, with DOCK-1-drone",
        "2. DRONE-2 has landed: 2 children on one connection",
        "   DOCK-1: the cover opens",
        "   DOCK-1 cover: applied: true",
        "   DOCK-1-drone tilt: applied: -60",
        "   DRONE-2 tilt: rejected: `tilt`: 40 is above the maximum: the limits are -90..30",
        "4. charged: Dock { cover: true, drone: Drone { battery: 100, tilt: -60 } }",
        "5. DRONE-2 has flown away: 1 child left",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    Ok(())
}

#[tokio::test]
async fn camera() -> TestResult {
    let out = run("camera").await?;
    for line in [
        "1. CAM-1 is online",
        "   shot-1.pgm is IN_SYNC",
        "2. exposure = 50: applied: 50",
        "3. 307215 bytes at /device/CAM-1/object/shot-1.pgm",
        "4. downloaded 307215 bytes, 50 ms",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    Ok(())
}

#[tokio::test]
async fn motor() -> TestResult {
    let out = run("motor").await?;
    for line in [
        "   21 °C is published\n   21 °C goes no further\n   -273 °C goes no further",
        "   bench      takes 2.5 s to 1500 rpm\n   spin_up: applied\n   limit: rejected: it turns faster than that",
        "   stop: applied\n   limit: applied: 1050",
        "\"description\":\"The winding is too hot\"",
        "4. Motor { temperature: 60.0, speed: 1050.0, limit: 1050 }",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
    Ok(())
}

#[tokio::test]
async fn register() -> TestResult {
    let out = run("register").await?;
    assert!(out.starts_with("DOCK-1 is registered with id ") && out.lines().count() == 1, "{out}");
    Ok(())
}
