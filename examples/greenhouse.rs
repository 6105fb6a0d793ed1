//! The life of a device: it registers, reports, is commanded, and says goodbye. `--forever` goes on.
#![allow(clippy::print_stdout, reason = "it is what an example is for")]

use edge_examples::{Demo, Result};
use edge_runtime::{Change, Device, HandlerResult};
use tokio::time::{Duration, sleep};

/// Keeps a greenhouse cool.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:example:greenhouse:1", overwrite_assets = false)]
pub struct Greenhouse {
    /// Air temperature
    #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
    temperature: f64,
    /// Relative humidity
    #[asset(kind = "sensor", unit = "%", min = 0.0, max = 100.0)]
    humidity: f64,
    /// Vapour pressure deficit
    #[asset(kind = "virtual", unit = "kPa", compute = vapour_pressure_deficit(temperature, humidity))]
    vpd: f64,
    /// Vent opening
    #[asset(kind = "actuator", unit = "%", max = 100)]
    vent: u8,
    /// Seconds between samples
    #[asset(kind = "config", unit = "s", min = 1, max = 3600)]
    period: u32,
}

fn vapour_pressure_deficit(temperature: f64, humidity: f64) -> f64 {
    let saturation = 0.6108 * (17.27 * temperature / (temperature + 237.3)).exp();
    (saturation * (1.0 - humidity / 100.0) * 1000.0).round() / 1000.0
}

/// A servo that jams above 90 %.
struct Driver;

impl GreenhouseHandler for Driver {
    async fn on_vent(&mut self, _: &GreenhouseDevice, change: Change<u8>) -> HandlerResult<u8> {
        println!("   servo      moves from {} % towards {} %", change.previous, change.value);
        Ok(change.value.min(90))
    }
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    let first = Greenhouse { temperature: 24.0, humidity: 60.0, vpd: 0.0, vent: 0, period: 1 };
    let plan = demo.platform.plan::<Greenhouse>("GH-1").await?;
    println!("1. what starting will change on the platform:\n{plan}\n");
    let device = demo.platform.device("GH-1", first).handler(Driver).connect().await?;
    println!("2. registered and online: device {}, session {}\n\n3. states:", device.id(), device.session());
    let forever = std::env::args().any(|argument| argument == "--forever");
    let report = async {
        for step in (0..20).cycle().take(if forever { usize::MAX } else { 6 }) {
            device.set_temperature(24.0 + f64::from(step) * 1.5).await?.delivered().await?;
            println!("   device     temperature {} °C, vpd {} kPa", device.temperature(), device.vpd());
            sleep(Duration::from_secs(device.period().into())).await;
            if let Some(value) = demo.state("GH-1", "temperature").await? {
                println!("   platform   temperature {value} °C");
            }
        }
        Result::Ok(())
    };
    edge_examples::until_interrupted(report).await?;
    println!("\n4. commands from the platform:");
    for (asset, value) in [("vent", 130), ("vent", 95), ("period", 2)] {
        if let Some(outcome) = demo.command("GH-1", asset, value).await? {
            println!("   {asset} = {value}: {outcome}");
        }
    }
    println!("\n5. the last snapshot: {:?}", device.snapshot());
    device.close().await?;
    demo.close().await;
    println!("6. goodbye");
    Ok(())
}
