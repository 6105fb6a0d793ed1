//! Nothing of the prelude is in scope where the device is declared.
#![deny(warnings)]

#[allow(unused)]
mod bare {
    #![no_implicit_prelude]

    #[derive(::edge_runtime::AssetValue, ::core::clone::Clone)]
    pub enum Mode {
        Eco,
        Boost,
    }

    #[derive(::edge_runtime::AssetValue, ::core::clone::Clone)]
    pub struct Point {
        x: ::core::primitive::f64,
        mode: Mode,
    }

    #[derive(::edge_runtime::Alert)]
    pub struct Hot {
        #[alert(max = LIMIT)]
        temperature: ::core::primitive::f64,
        mode: ::core::option::Option<Mode>,
    }

    #[derive(::edge_runtime::Format)]
    pub struct Sample {
        places: ::std::vec::Vec<Point>,
    }

    #[derive(::edge_runtime::Device, ::core::clone::Clone)]
    #[device(alert(Hot), format(Sample), action(boost(mode: Mode, #[arg(max = 10)] minutes: u8)))]
    pub struct Heater {
        #[asset(min = -40, max = LIMIT)]
        temperature: f64,
        #[asset(kind = "virtual", compute = twice(temperature))]
        double: f64,
        #[asset]
        place: Point,
        #[asset(kind = "actuator")]
        power: u8,
        #[asset(kind = "config")]
        mode: Mode,
        #[device(child)]
        fan: Fan,
    }

    #[derive(::edge_runtime::Device, ::core::clone::Clone)]
    pub struct Fan {
        #[asset(kind = "actuator")]
        speed: u8,
    }

    const LIMIT: f64 = 85.0;

    fn twice(value: f64) -> f64 {
        value * 2.0
    }
}

pub(crate) fn main() {}
