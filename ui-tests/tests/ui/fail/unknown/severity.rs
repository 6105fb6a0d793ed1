//! A severity of others.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(severity = "high")]
struct TooHot {
    celsius: f64,
}

fn main() {}

//~ `"high"`: unknown, significant
//~ fix: "significant"
