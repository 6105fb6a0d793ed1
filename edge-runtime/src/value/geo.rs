//! A place on earth.

use edge_proto::{Limits, Profile, Refusal};
use serde_json::Value;

use super::AssetValue;
use super::composite::{MemberWriter, Members, struct_profile};

const LATITUDE: &str = "latitude";
const LONGITUDE: &str = "longitude";
const ALTITUDE: &str = "altitude";

/// A place on earth in degrees (WGS 84), with an altitude in metres if it is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoLocation {
    /// -90 (south) to 90.
    pub latitude: f64,
    /// -180 (west) to 180.
    pub longitude: f64,
    /// Metres above sea level.
    pub altitude: Option<f64>,
}

fn degrees(most: i32) -> Limits {
    Limits { minimum: Some((-most).into()), maximum: Some(most.into()), step: None }
}

impl AssetValue for GeoLocation {
    fn profile() -> Profile {
        struct_profile([
            (LATITUDE, f64::profile().with_limits(degrees(90))),
            (LONGITUDE, f64::profile().with_limits(degrees(180))),
            (ALTITUDE, Option::<f64>::profile()),
        ])
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let mut members = MemberWriter::new(out);
        members.member(LATITUDE, &self.latitude);
        members.member(LONGITUDE, &self.longitude);
        if let Some(altitude) = &self.altitude {
            members.member(ALTITUDE, altitude);
        }
        members.end();
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        let mut members = Members::open(json)?;
        let place = Self {
            latitude: members.take(LATITUDE)?,
            longitude: members.take(LONGITUDE)?,
            altitude: members.take(ALTITUDE)?,
        };
        place.check(&Limits::NONE).map(|()| place)
    }

    fn check(&self, _: &Limits) -> Result<(), Refusal> {
        self.latitude.check(&degrees(90)).map_err(|refusal| refusal.within(LATITUDE))?;
        self.longitude.check(&degrees(180)).map_err(|refusal| refusal.within(LONGITUDE))?;
        self.altitude.check(&Limits::NONE).map_err(|refusal| refusal.within(ALTITUDE))
    }
}
