//! A key of a field, on the struct.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(unit = "°C")]
struct OverTemperature {
    temperature: f64,
}

fn main() {}
//~ `unit`: belongs, a field
//~ replace: #[alert(unit = "°C")]↵struct => struct
//~ replace: temperature: f64 => #[alert(unit = "°C")] temperature: f64
