//! A device to be killed in an outage: it raises an alert that is stored and one that is not, when it is told to, says
//! so, and is never closed. Its arguments: the Connector, the broker, the folder of its store, and a file: when that is
//! there, it raises.

use std::path::Path;
use std::time::Duration;

use edge_runtime::{Alert, Device, OutboxConfig, Platform};

/// Somebody is in.
#[derive(Alert)]
#[alert(severity = "critical")]
struct Intruder {
    /// Where
    door: String,
}

/// Something moves.
#[derive(Alert)]
#[alert(severity = "low", retention = "volatile")]
struct Movement {
    door: String,
}

/// Watches a house.
#[derive(Device, Clone, Debug)]
#[device(model = "urn:test:alarm:1", alert(Intruder, Movement))]
struct Alarm {
    #[asset(kind = "sensor")]
    armed: bool,
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "it is how the test hears of it")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [connector, broker, folder, go] = &arguments[..] else {
        return Err("alarm CONNECTOR BROKER FOLDER FILE".into());
    };
    let platform = Platform::at(connector, broker).build()?.outbox(OutboxConfig::new().folder(folder));
    let alarm = platform.device("ALARM-1", Alarm { armed: true }).connect().await?;
    println!("started in session {}", alarm.session());
    while !Path::new(go).exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let movement = Movement { door: "front".into() };
    alarm.raise(movement).await?;
    println!("volatile");
    let intruder = Intruder { door: "front".into() };
    let receipt = alarm.raise(intruder).await?;
    println!("stored {}", receipt.id().ok_or("it is not stored")?);
    std::future::pending().await
}
