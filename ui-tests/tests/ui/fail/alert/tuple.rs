//! Fields without names.
use edge_runtime::Alert;

#[derive(Alert)]
struct OverTemperature(f64);

fn main() {}
//~ `(f64)`: named fields, tuple struct
//~ replace: (f64); => { temperature: f64 }
