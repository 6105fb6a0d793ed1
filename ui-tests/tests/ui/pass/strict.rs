//! What a strict crate denies: generated items are documented, and nothing in them is unsafe or unused.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused, rust_2018_idioms)]
#![deny(let_underscore, nonstandard_style, single_use_lifetimes)]
#![deny(unused_qualifications, unused_results, variant_size_differences, trivial_casts, trivial_numeric_casts)]
#![deny(elided_lifetimes_in_paths, explicit_outlives_requirements, redundant_lifetimes, unit_bindings)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

/// A device with one of each.
pub mod greenhouse {
    use edge_runtime::{Alert, AssetValue, Device, Format};

    /// What it is set to.
    #[derive(AssetValue, Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Mode {
        /// Little.
        Eco,
        /// Much.
        Boost,
    }

    /// When.
    #[derive(AssetValue, Clone, Debug)]
    pub struct Schedule {
        /// From.
        pub start: u8,
        /// Unless it goes on.
        pub end: Option<u8>,
    }

    /// Grows.
    #[derive(Device, Clone, Debug)]
    #[device(model = "urn:example:greenhouse:1", alert(TooHot), format(Round))]
    #[device(action(water(
        /// For how long
        #[arg(unit = "s", max = 600)]
        time: u16,
        mode: Mode,
    )))]
    pub struct Greenhouse {
        /// Air temperature
        #[asset(unit = "°C", min = LEAST, max = 85.0)]
        pub temperature: f64,
        /// Ten times that
        #[asset(kind = "virtual", compute = tenfold(temperature))]
        pub tenfold: f64,
        /// Vent opening
        #[asset(kind = "actuator", max = 100, step = 5)]
        pub vent: u8,
        /// How it is driven
        #[asset(kind = "config")]
        pub mode: Mode,
        /// When it is watered
        #[asset(kind = "config")]
        pub schedule: Option<Schedule>,
        /// What turns
        #[device(child)]
        pub fan: Fan,
    }

    /// Turns.
    #[derive(Device, Clone, Debug)]
    pub struct Fan {
        /// Speed
        #[asset(kind = "actuator", max = 3_000)]
        pub speed: u16,
    }

    /// It is too hot.
    #[derive(Alert, Clone, Debug)]
    #[alert(severity = "critical")]
    pub struct TooHot {
        /// What was measured.
        #[alert(min = LEAST, unit = "°C")]
        pub temperature: f64,
        /// In which it was.
        pub mode: Option<Mode>,
    }

    /// A round of the gardener.
    #[derive(Format, Clone, Debug)]
    pub struct Round {
        /// What was seen.
        pub notes: Vec<String>,
    }

    const LEAST: f64 = -40.0;

    fn tenfold(temperature: f64) -> f64 {
        temperature * 10.0
    }
}

pub(crate) fn main() {
    assert_eq!(greenhouse::Greenhouse::MODEL.assets.len(), 5);
}

use edge_runtime::Device as _;
