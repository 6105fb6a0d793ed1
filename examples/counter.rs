//! The AllThingsTalk SDK's classic: a counter that counts.

use edge_examples::{Cloud, Result};
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Counter {
    /// Steps
    #[asset(kind = "sensor")]
    counter: i64,
}

#[tokio::main]
async fn main() -> std::process::ExitCode {
    edge_examples::exit(run().await)
}

#[allow(clippy::print_stdout, reason = "it is what an example is for")]
async fn run() -> Result<()> {
    let cloud = Cloud::start().await?;
    let device = cloud.platform.device(&cloud.device, Counter { counter: 0 }).connect().await?;
    for step in 1..=3 {
        device.set_counter(step).await?.delivered().await?;
        println!("counter = {}", device.counter());
    }
    device.close().await?;
    cloud.close().await;
    Ok(())
}
