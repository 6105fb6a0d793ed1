//! An alert by its name in quotes.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
pub struct DoorOpen;

#[derive(Device, Clone)]
#[device(alert("DoorOpen"))]
pub struct Oven {
    #[asset(kind = "sensor")]
    temperature: f64,
}

pub async fn open(oven: &OvenDevice) -> Result<(), edge_runtime::ReportError> {
    oven.raise(DoorOpen).await?;
    Ok(())
}

fn main() {}

//~ `"DoorOpen"`: without quotes, write `DoorOpen`
//~ fix: DoorOpen
