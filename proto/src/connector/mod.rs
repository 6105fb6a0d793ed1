//! The Connector service (gRPC, package `edge.connector.v1`) and its conversions to [`model`].
//!
//! The code in `generated/` is written by `cargo xtask codegen` from `proto/edge/connector/v1`.
//!
//! [`model`]: crate::model

use crate::Opening;
use crate::model::{Asset, AssetType, Device, Kind};

/// The generated messages, client and server.
#[allow(missing_docs, clippy::all, clippy::pedantic, clippy::str_to_string, unreachable_pub)]
pub mod v1 {
    include!("generated/edge.connector.v1.rs");
}

/// The compiled `.proto` files, for reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptors.bin");

/// The key of the bearer token in a call's metadata.
pub const AUTHORIZATION: &str = "authorization";

/// Why a message is no device.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// A message without the asset that it is about.
    #[error("the field `asset` is missing")]
    MissingAsset,
    /// A number that is no kind of ours.
    #[error("`{asset}`: {kind} is no kind")]
    Kind {
        /// The data point.
        asset: String,
        /// The number on the wire.
        kind: i32,
    },
    /// A number that is no type of ours.
    #[error("{0} is no asset type")]
    AssetType(i32),
    /// A profile that is no profile.
    #[error("`{asset}`: the profile cannot be read")]
    Profile {
        /// The data point.
        asset: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl From<Opening> for v1::Opening {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::Look => Self::Look,
            Opening::Ask(_) => Self::Ask,
            Opening::Start(_) => Self::Start,
        }
    }
}

impl From<Kind> for v1::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Sensor => Self::Sensor,
            Kind::Actuator => Self::Actuator,
            Kind::Config => Self::Config,
            Kind::Virtual => Self::Virtual,
        }
    }
}

fn kind_of(point: &v1::DataPoint) -> Result<Kind, MessageError> {
    match v1::Kind::try_from(point.kind) {
        Ok(v1::Kind::Sensor) => Ok(Kind::Sensor),
        Ok(v1::Kind::Actuator) => Ok(Kind::Actuator),
        Ok(v1::Kind::Config) => Ok(Kind::Config),
        Ok(v1::Kind::Virtual) => Ok(Kind::Virtual),
        Ok(v1::Kind::Unspecified) | Err(_) => {
            Err(MessageError::Kind { asset: point.name.clone(), kind: point.kind })
        }
    }
}

impl From<AssetType> for v1::AssetType {
    fn from(asset_type: AssetType) -> Self {
        match asset_type {
            AssetType::Unknown => Self::Unspecified,
            AssetType::Aircraft => Self::Aircraft,
            AssetType::Dock => Self::Dock,
            AssetType::Sensor => Self::Sensor,
            AssetType::Camera => Self::Camera,
            AssetType::Other => Self::Other,
        }
    }
}

impl From<v1::AssetType> for AssetType {
    fn from(asset_type: v1::AssetType) -> Self {
        match asset_type {
            v1::AssetType::Unspecified => Self::Unknown,
            v1::AssetType::Aircraft => Self::Aircraft,
            v1::AssetType::Dock => Self::Dock,
            v1::AssetType::Sensor => Self::Sensor,
            v1::AssetType::Camera => Self::Camera,
            v1::AssetType::Other => Self::Other,
        }
    }
}

/// Reads a type as it is on the wire.
///
/// # Errors
/// When the number is no type of ours.
pub fn asset_type(number: i32) -> Result<AssetType, MessageError> {
    v1::AssetType::try_from(number).map(Into::into).map_err(|_| MessageError::AssetType(number))
}

impl From<&Asset> for v1::DataPoint {
    fn from(asset: &Asset) -> Self {
        Self {
            name: asset.name.clone(),
            kind: v1::Kind::from(asset.kind).into(),
            title: asset.title.clone(),
            description: asset.description.clone(),
            profile: serde_json::to_string(&asset.profile).expect("a profile is always JSON"),
        }
    }
}

impl TryFrom<v1::DataPoint> for Asset {
    type Error = MessageError;

    fn try_from(point: v1::DataPoint) -> Result<Self, MessageError> {
        let kind = kind_of(&point)?;
        let profile = serde_json::from_str(&point.profile)
            .map_err(|source| MessageError::Profile { asset: point.name.clone(), source })?;
        Ok(Self { kind, profile, name: point.name, title: point.title, description: point.description })
    }
}

impl From<&Device> for v1::Asset {
    fn from(device: &Device) -> Self {
        let sub_asset = |asset: &Asset| v1::SubAsset {
            parent_sn: device.sn.clone(),
            part: Some(v1::sub_asset::Part::DataPoint(asset.into())),
            ..v1::SubAsset::default()
        };
        Self {
            sn: device.sn.clone(),
            name: device.title.clone(),
            r#type: v1::AssetType::from(device.asset_type).into(),
            vendor: device.vendor.as_str().to_owned(),
            parent_sn: device.parent.clone().unwrap_or_default(),
            description: device.description.clone(),
            model: device.model.clone(),
            sub_assets: device.assets.iter().map(sub_asset).collect(),
            ..Self::default()
        }
    }
}

/// The device's own data points; its child devices are devices of their own.
impl TryFrom<v1::Asset> for Device {
    type Error = MessageError;

    fn try_from(asset: v1::Asset) -> Result<Self, MessageError> {
        let asset_type = asset_type(asset.r#type)?;
        let points = asset.sub_assets.into_iter().filter_map(|sub| match sub.part {
            Some(v1::sub_asset::Part::DataPoint(point)) => Some(Asset::try_from(point)),
            Some(v1::sub_asset::Part::Device(_)) | None => None,
        });
        Ok(Self {
            sn: asset.sn,
            model: asset.model,
            title: asset.name,
            description: asset.description,
            asset_type,
            vendor: asset.vendor.into(),
            parent: Some(asset.parent_sn).filter(|sn| !sn.is_empty()),
            assets: points.collect::<Result<_, _>>()?,
        })
    }
}
