//! Alerts and data formats, in all the shapes that they may have.
#![deny(warnings)]
#![allow(dead_code)]

use edge_runtime::{Alert, AssetValue, Device, Format};

pub mod inner {
    use edge_runtime::Alert;

    #[derive(Alert)]
    pub struct Elsewhere {
        pub minutes: u32,
    }
}

#[derive(Alert)]
struct DoorOpen;

#[derive(Alert)]
struct Empty {}

const MOST: f64 = 500.0;

/// It is too hot
#[derive(Alert)]
#[alert(name = "hot", urn = "urn:example:hot", severity = "low", retention = "volatile")]
struct OverTemperature {
    /// What was measured
    #[alert(unit = "°C", min = -40.0, max = MOST)]
    temperature: f64,
    #[alert(name = "kind")]
    r#type: Option<String>,
}

#[derive(AssetValue, Clone)]
struct Peak {
    frequency: f64,
}

#[derive(Format)]
#[format(retention = "stored", description = "A spectrum")]
struct Sample {
    #[format(description = "The highest")]
    peaks: Vec<Peak>,
}

#[derive(Device, Clone)]
#[device(alert(DoorOpen, inner::Elsewhere), format(Sample), alert(OverTemperature, Empty))]
pub struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

async fn run(oven: &OvenDevice) -> Result<(), Box<dyn std::error::Error>> {
    oven.raise(DoorOpen).await?;
    oven.raise(Empty {}).await?;
    oven.raise(inner::Elsewhere { minutes: 5 }).await?;
    oven.raise(OverTemperature { temperature: 391.5, r#type: None }).await?.delivered().await?;
    oven.submit(Sample { peaks: vec![Peak { frequency: 50.0 }] }).await?;
    Ok(())
}

fn main() {
    let _ = run;
    let names: Vec<_> = Oven::MODEL.formats.iter().map(|format| format.name).collect();
    assert_eq!(names, ["door-open", "elsewhere", "hot", "empty", "sample"]);
}
