//! A bad value of each key of a field.
use edge_runtime::Alert;

#[derive(Alert)]
struct Overheat {
    #[alert(name = "a b", description = 5, unit = "celcius", min = "0", max = 300)]
    temperature: u8,
    #[alert(step = -1)]
    humidity: f64,
}

fn main() {}

//~ `5`: string literal, description
//~ fix: "What was measured"
//~ `"celcius"`: celsius
//~ fix: "celsius"
//~ `"0"`: remove the quotes
//~ fix: 0
//~ `"a b"`: field name
//~ fix: "a-b"
//~ `300`: 0..255
//~ fix: 255
//~ `-1`: step, greater than 0
//~ fix: 1
