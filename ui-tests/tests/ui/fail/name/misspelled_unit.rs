//! A unit that is known to be a slip.
use edge_runtime::Device;

#[derive(Device, Clone)]
struct Room {
    #[asset(unit = "Celcius")]
    temperature: f64,
}

fn main() {}

//~ `"Celcius"`: Celcius, did you mean, celsius
//~ fix: "celsius"
