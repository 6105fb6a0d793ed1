//! Mistakes in two keys of one attribute, in a list of its own, and in the struct: each is said.
use edge_runtime::{Alert, Device};

#[derive(Alert)]
struct Hot;

#[derive(Alert)]
struct Cold;

#[derive(Device, Clone)]
#[device(modl = "urn:example:lamp:1", overwrite_assets = "yes")]
#[device(alert("Hot", "Cold"), action(dim(to, by), timout = "5s"))]
struct Lamp {
    #[asset(kind = "sensr", min = "5", publish(deadbnd = 1.0, min_interval = "5"))]
    level: u8,
    #[asset(max = 300, step = 0)]
    hue: u8,
    #[asset(kind = "virtual", compute = brighter(5, levl))]
    brightness: u8,
}

fn brighter(hue: u8, level: u8) -> u8 {
    hue.min(level)
}

fn main() {}

//~ `modl`: model
//~ fix: model
//~ `"yes"`: true
//~ fix: true
//~ `"Hot"`: Hot
//~ fix: Hot
//~ `"Cold"`: Cold
//~ fix: Cold
//~ `to`: type
//~ fix: to: f64
//~ `by`: type
//~ fix: by: f64
//~ `timout`: timeout
//~ fix: timeout
//~ `"sensr"`: sensor
//~ fix: "sensor"
//~ `"5"`: remove the quotes
//~ fix: 5
//~ `deadbnd`: deadband
//~ fix: deadband
//~ `"5"`: unit
//~ fix: "90s"
//~ `5`: name of an asset
//~ fix: hue
//~ `300`: u8
//~ fix: 250
//~ `0`: greater than 0
//~ fix: 1
//~ `levl`: level
//~ fix: level
