//! A field of an alert is taken for an asset.
use edge_runtime::Alert;

#[derive(Alert)]
struct TooHot {
    #[asset(max = 90)]
    celsius: f64,
}

fn main() {}

//~ `asset`: asset
//~ fix: alert
