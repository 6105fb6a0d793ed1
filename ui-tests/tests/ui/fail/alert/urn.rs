//! A URN with white space.
use edge_runtime::Alert;

#[derive(Alert)]
#[alert(urn = "urn:too hot")]
struct TooHot {
    celsius: f64,
}

fn main() {}

//~ `"urn:too hot"`: white space
//~ fix: "urn:example:over-temperature"
