//! A data format where an alert is declared.
use edge_runtime::{Device, Format};

#[derive(Format)]
struct Sample {
    frequency: f64,
}

#[derive(Device, Clone)]
#[device(alert(Sample))]
struct Motor {
    #[asset(kind = "sensor")]
    running: bool,
}

fn main() {}
//~ `Sample`: is no alert, format(..)
//~ replace: alert(Sample) => format(Sample)
