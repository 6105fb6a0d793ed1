//! Limits as constants and expressions, on types that only rustc knows to be numbers.
#![deny(warnings)]
#![deny(clippy::pedantic)]

use edge_runtime::Device;

mod bounds {
    pub(crate) const LEAST: i32 = -40;
    pub(crate) const STEP: f32 = 0.5;
}

type Celsius = f64;

/// Bakes.
#[derive(Device, Clone, Debug)]
pub struct Oven {
    #[asset(min = bounds::LEAST, max = 200 + 2 * 25, step = bounds::STEP)]
    temperature: Celsius,
    #[asset(min = -(5), max = u8::MAX)]
    offset: i16,
    #[asset(max = 10)]
    retries: Option<u8>,
    #[asset(min = -9_223_372_036_854_775_808, max = 0x7f)]
    low: i64,
    #[asset(max = 18_446_744_073_709_551_615u64)]
    high: u64,
}

pub(crate) fn main() {
    let profiles: Vec<_> = Oven::MODEL.assets.iter().map(|asset| asset.profile().to_string()).collect();
    let expected = [
        "number -40..250 step 0.5",
        "integer -5..255",
        "integer 0..10, optional",
        "integer -9223372036854775808..127",
        "integer 0..18446744073709551615",
    ];
    assert_eq!(profiles, expected);
    assert_eq!(Oven::MODEL.assets[0].profile().step, Some(0.5.into()));
}
