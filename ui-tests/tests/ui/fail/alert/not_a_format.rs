//! A plain struct where a data format is declared.
use edge_runtime::Device;

struct Sample {
    frequency: f64,
}

#[derive(Device, Clone)]
#[device(format(Sample))]
struct Motor {
    #[asset(kind = "sensor")]
    running: bool,
}

fn main() {
    let _ = Sample { frequency: 50.0 }.frequency;
}
//~ `Sample`: is no data format, #[derive(Format)]
//~ replace: struct Sample => #[derive(edge_runtime::Format)]↵struct Sample
