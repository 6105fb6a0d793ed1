//! Where a state was taken.

use serde::{Deserialize, Serialize};

/// A place on earth in degrees (WGS 84).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// -90 (south) to 90.
    pub latitude: f64,
    /// -180 (west) to 180.
    pub longitude: f64,
    /// Metres above sea level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<f64>,
}

impl Location {
    /// `None`: there is no such place.
    pub fn new(latitude: f64, longitude: f64, altitude: Option<f64>) -> Option<Self> {
        let is_place = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        let is_finite = altitude.is_none_or(f64::is_finite);
        (is_place && is_finite).then_some(Self { latitude, longitude, altitude })
    }
}
