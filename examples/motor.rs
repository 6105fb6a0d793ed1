//! A motor on a test bench: what is measured is judged before it is published, may raise an alert, and it has actions.
#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use std::time::Duration;

use edge_examples::{Demo, Result};
use edge_runtime::policy::Pipeline;
use edge_runtime::{Alert, Changes, Device, HandlerResult};
use serde_json::json;

/// The winding is too hot
#[derive(Alert)]
#[alert(severity = "critical")]
struct Overheated {
    #[alert(unit = "°C")]
    temperature: f64,
}

#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:motor:1", alert(Overheated), action(stop), action(spin_up(seconds: f64)))]
struct Motor {
    /// Of the winding; a glitch of the sensor is dropped, and what is too hot raises an alert
    #[asset(kind = "sensor", unit = "°C", pipeline = judged)]
    temperature: f64,
    /// Said again only when it has changed by more than 10 rpm
    #[asset(kind = "sensor", unit = "rpm", publish(deadband = 10.0))]
    speed: f64,
    /// Highest speed
    #[asset(kind = "config", unit = "rpm", min = 100, max = 3000)]
    limit: u32,
}

fn judged() -> Pipeline<f64> {
    Pipeline::new()
        .filter(|celsius| *celsius > -40.0)
        .eliminate_duplicates(Duration::from_secs(60))
        .alert_when(|celsius| *celsius > 120.0, |celsius| Overheated { temperature: *celsius })
}

struct Bench;
impl MotorHandler for Bench {
    async fn stop(&mut self, motor: &MotorDevice) -> HandlerResult<()> {
        Ok(motor.set_speed(0.0).await.map(drop)?)
    }
    async fn spin_up(&mut self, motor: &MotorDevice, seconds: f64) -> HandlerResult<()> {
        println!("   bench      takes {seconds} s to {} rpm", motor.limit());
        Ok(motor.set_speed(motor.limit().into()).await.map(drop)?)
    }
    async fn on_change(&mut self, motor: &MotorDevice, changes: &Changes) -> HandlerResult<()> {
        let limit = changes.get::<u32>("limit")?.map_or(f64::MAX, |limit| limit.value.into());
        (limit >= motor.speed()).then_some(()).ok_or_else(|| "it turns faster than that".into())
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    let first = Motor { temperature: 20.0, speed: 0.0, limit: 1500 };
    let motor = demo.platform.device("MOTOR-1", first).handler(Bench).connect().await?;
    println!("1. offered temperatures:");
    for celsius in [21.0, 21.0, -273.0, 85.5, 131.0] {
        let is_published = motor.offer_temperature(celsius).await?.is_some();
        println!("   {celsius} °C {}", if is_published { "is published" } else { "goes no further" });
    }
    println!("2. actions and commands:");
    for (action, arguments) in [("spin_up", json!({ "seconds": 2.5 })), ("stop", json!({}))] {
        println!("   {action}: {}", demo.act("MOTOR-1", action, arguments).await?.unwrap_or_default());
        println!("   limit: {}", demo.command("MOTOR-1", "limit", 1050).await?.unwrap_or_default());
    }
    println!("3. alerts: {}", demo.alerts("MOTOR-1").await?.unwrap_or_default());
    motor.begin().set_temperature(60.0)?.set_speed(1050.0)?.finish().await?.delivered().await?;
    println!("4. {:?}", motor.snapshot());
    motor.close().await?;
    demo.close().await;
    Ok(())
}
