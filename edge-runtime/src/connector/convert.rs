//! Between the plain values and the Connector's messages. What a newer server says and this version
//! does not know is kept where there is room for it, and is no error.

use edge_proto::AssetType;
use edge_proto::connector::v1::{self, sub_asset};
use edge_proto::connector::{MessageError, asset_type};
use jiff::Timestamp;

use super::asset::{Asset, DataPoint, Part, SubAsset};

/// Why an answer cannot be understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConvertError {
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("`{field}` of `{of}`: `{text}` is no time")]
    Time { of: String, field: &'static str, text: String, source: jiff::Error },
}

pub(super) fn asset_message(asset: &Asset) -> v1::Asset {
    v1::Asset {
        id: asset.id.clone(),
        sn: asset.sn.clone(),
        name: asset.name.clone(),
        r#type: v1::AssetType::from(asset.asset_type).into(),
        vendor: asset.vendor.as_str().to_owned(),
        organization_id: asset.organization_id.clone(),
        description: asset.description.clone(),
        model: asset.model.clone(),
        sub_assets: asset.sub_assets.iter().map(sub_asset_message).collect(),
        version: asset.version,
        parent_sn: asset.parent_sn.clone(),
        // The registry's own.
        digest: String::new(),
        created_at: String::new(),
        updated_at: String::new(),
    }
}

pub(super) fn sub_asset_message(sub_asset: &SubAsset) -> v1::SubAsset {
    let part = match &sub_asset.part {
        Part::DataPoint(point) => Some(sub_asset::Part::DataPoint(point.into())),
        Part::Device(device) => Some(sub_asset::Part::Device(asset_message(device))),
        Part::Unknown(_) => None,
    };
    v1::SubAsset {
        id: sub_asset.id.clone(),
        parent_sn: sub_asset.parent_sn.clone(),
        version: sub_asset.version,
        part,
        ..v1::SubAsset::default()
    }
}

pub(super) fn asset(message: v1::Asset) -> Result<Asset, ConvertError> {
    let time = |field, text| time(&message.sn, field, text);
    Ok(Asset {
        created_at: time("created_at", message.created_at)?,
        updated_at: time("updated_at", message.updated_at)?,
        asset_type: asset_type(message.r#type).unwrap_or(AssetType::Other),
        sub_assets: message.sub_assets.into_iter().map(sub_asset).collect::<Result<_, _>>()?,
        id: message.id,
        sn: message.sn,
        name: message.name,
        vendor: message.vendor.into(),
        organization_id: message.organization_id,
        parent_sn: message.parent_sn,
        description: message.description,
        model: message.model,
        version: message.version,
        digest: message.digest,
    })
}

pub(super) fn sub_asset(message: v1::SubAsset) -> Result<SubAsset, ConvertError> {
    let time = |field, text| time(&message.id, field, text);
    Ok(SubAsset {
        created_at: time("created_at", message.created_at)?,
        updated_at: time("updated_at", message.updated_at)?,
        part: part(message.part)?,
        id: message.id,
        parent_sn: message.parent_sn,
        version: message.version,
    })
}

fn part(part: Option<sub_asset::Part>) -> Result<Part, ConvertError> {
    match part {
        Some(sub_asset::Part::Device(device)) => Ok(Part::Device(asset(device)?)),
        Some(sub_asset::Part::DataPoint(point)) => {
            let name = point.name.clone();
            match DataPoint::try_from(point) {
                Ok(point) => Ok(Part::DataPoint(point)),
                Err(MessageError::Kind { .. }) => Ok(Part::Unknown(name)),
                Err(error) => Err(error.into()),
            }
        }
        None => Ok(Part::Unknown(String::new())),
    }
}

/// An older server may say nothing.
fn time(of: &str, field: &'static str, text: String) -> Result<Option<Timestamp>, ConvertError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|source| ConvertError::Time { of: of.to_owned(), field, text, source })
}

#[cfg(test)]
mod tests {
    use edge_proto::{AssetVendor, Kind, Profile, ValueType};

    use super::*;
    use crate::cause::chain;

    fn point(name: &str) -> DataPoint {
        DataPoint {
            name: name.to_owned(),
            kind: Kind::Sensor,
            title: "Title".to_owned(),
            description: String::new(),
            profile: Profile::new(ValueType::Number),
        }
    }

    fn with_point(point: v1::DataPoint) -> v1::Asset {
        let part = Some(sub_asset::Part::DataPoint(point));
        let sub_asset = v1::SubAsset { part, ..v1::SubAsset::default() };
        v1::Asset { sub_assets: vec![sub_asset], ..v1::Asset::default() }
    }

    #[test]
    fn nothing_is_lost_on_the_way() {
        let child = Asset::new("DRONE-1").parent_sn("DOCK-1").with(point("battery"));
        let asset = Asset::new("DOCK-1").name("Dock").asset_type(AssetType::Dock).vendor("Acme");
        let asset = asset.organization_id("org").description("d").model("urn:m").with(child);
        let asset = Asset { id: "1".to_owned(), version: 7, ..asset.with(point("door")) };
        assert_eq!(super::asset(asset_message(&asset)).unwrap(), asset);
    }

    #[test]
    fn what_is_not_known_is_not_a_failure() {
        let asset = v1::Asset { r#type: 99, vendor: "Acme".to_owned(), ..v1::Asset::default() };
        let asset = super::asset(asset).unwrap();
        assert_eq!(asset.asset_type, AssetType::Other);
        assert_eq!(asset.vendor, AssetVendor::Other("Acme".to_owned()));

        let newer = v1::DataPoint { kind: 99, ..v1::DataPoint::from(&point("door")) };
        let asset = super::asset(with_point(newer)).unwrap();
        assert_eq!(asset.sub_assets[0].part, Part::Unknown("door".to_owned()));
        assert_eq!(sub_asset_message(&asset.sub_assets[0]).part, None);
    }

    #[test]
    fn garbage_is_named() {
        let garbage = v1::DataPoint { profile: "{".to_owned(), ..v1::DataPoint::from(&point("door")) };
        let error = chain(&super::asset(with_point(garbage)).unwrap_err());
        assert!(error.starts_with("`door`: the profile cannot be read: "), "{error}");

        let asset =
            v1::Asset { sn: "A".to_owned(), updated_at: "yesterday".to_owned(), ..v1::Asset::default() };
        let error = chain(&super::asset(asset).unwrap_err());
        assert!(error.starts_with("`updated_at` of `A`: `yesterday` is no time"), "{error}");
    }
}
