//! The shortest device there is: one sensor, nothing to command.

use edge_examples::{Demo, Result};
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Thermometer {
    /// Air temperature
    #[asset(kind = "sensor", unit = "°C", min = -40.0, max = 85.0)]
    temperature: f64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

#[allow(clippy::print_stdout, reason = "it is what an example is for")]
async fn run() -> Result<()> {
    let demo = Demo::start().await?;
    let thermometer = demo.platform.device("TH-1", Thermometer { temperature: 20.0 }).connect().await?;
    for tenths in [215, 216, 218] {
        thermometer.set_temperature(f64::from(tenths) / 10.0).await?.delivered().await?;
        println!("temperature = {} °C", thermometer.temperature());
    }
    thermometer.close().await?;
    demo.close().await;
    Ok(())
}
