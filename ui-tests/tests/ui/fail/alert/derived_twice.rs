//! The derive stands there twice.
use edge_runtime::Alert;

#[derive(Alert, Alert)]
struct OverTemperature {
    temperature: f64,
}

fn main() {}

//~ `Alert`: OverTemperature, twice, remove one
//~ replace: (Alert, Alert) => (Alert)
