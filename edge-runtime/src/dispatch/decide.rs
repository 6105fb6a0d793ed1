//! What a command asks for, checked: before any handler runs, all of its values are known to be good.

use edge_proto::Refusal;
use edge_proto::payload::{self, Command as Payload, PayloadError};
use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;

use super::CommandError;
use crate::core::Core;
use crate::model::AssetModel;
use crate::value::codec::AnyValue;

/// Reads the values of a command, by the asset's index. One refusal refuses all.
pub(super) fn values(
    core: &Core,
    asset: Option<&str>,
    command: &Payload,
    now: Timestamp,
) -> Result<Vec<(usize, AnyValue)>, CommandError> {
    if let Some(at) = command.expires.filter(|&expires| expires <= now) {
        return Err(CommandError::Expired { at });
    }
    match (asset, &command.value) {
        (Some(asset), Some(json)) => Ok(vec![value(core, asset, json)?]),
        (Some(_), None) => Err(PayloadError::Missing(payload::VALUE).into()),
        (None, _) if command.values.is_empty() => Err(PayloadError::Missing(payload::VALUES).into()),
        (None, _) => command.values.iter().map(|(asset, json)| value(core, asset, json)).collect(),
    }
}

fn value(core: &Core, name: &str, json: &RawValue) -> Result<(usize, AnyValue), CommandError> {
    let asset = || name.to_owned();
    let Some(index) = core.model.assets.iter().position(|asset| asset.name == name) else {
        return Err(CommandError::UnknownAsset { asset: asset() });
    };
    let model = &core.model.assets[index];
    if !model.kind.is_commandable() {
        return Err(CommandError::NotCommandable { asset: asset(), kind: model.kind });
    }
    let json: Value =
        serde_json::from_str(json.get()).map_err(|error| PayloadError::Malformed(error.to_string()))?;
    let decoded = (model.codec.decode)(json).map_err(|refusal| within_asset(model, refusal));
    let decoded = decoded.and_then(|value| {
        core.check(index, value.as_ref())?;
        Ok(value)
    });
    decoded.map(|value| (index, value)).map_err(|refusal| CommandError::Value { asset: asset(), refusal })
}

/// What a type cannot hold is refused with the limits of the type; the sender should know those of the asset.
fn within_asset(asset: &AssetModel, refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::BelowMinimum { value, .. } | Refusal::AboveMaximum { value, .. } => {
            asset.profile().limits().check(value).err().unwrap_or(refusal)
        }
        other => other,
    }
}
