//! What a command asks for, looked at before it is sent: as far as the platform knows the device.

use std::collections::HashSet;

use edge_proto::document::ModelDocument;
use edge_proto::name;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use super::CommandError;
use super::wanted::Wanted;
use crate::platform::Platform;
use crate::store::{AssetRecord, StoreError};

/// What was found to be wanted: of an asset that was wanted by its alias, under its name.
pub(super) struct Checked<'a> {
    /// Whether the device has a session.
    pub(super) has_session: bool,
    wanted: Wanted<'a>,
    named: Named,
}

enum Named {
    AsWanted,
    Asset(String),
    Assets(Vec<(String, Box<RawValue>)>),
}

impl Checked<'_> {
    pub(super) fn wanted(&self) -> Wanted<'_> {
        match (&self.named, self.wanted) {
            (Named::Asset(name), Wanted::Asset(_, value)) => Wanted::Asset(name, value),
            (Named::Assets(values), _) => Wanted::Assets(values),
            (_, wanted) => wanted,
        }
    }
}

/// The document that the device is of, once somebody asks for it.
type Model = OnceCell<Option<ModelDocument>>;

impl Platform {
    /// What the device is to be sent.
    pub(super) async fn check<'a>(
        &self,
        device: &str,
        wanted: Wanted<'a>,
    ) -> Result<Checked<'a>, CommandError> {
        let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
        let has_session = self.store.session(device).await?.ok_or_else(unknown)? > 0;
        let model = Model::new();
        let named = match wanted {
            Wanted::Asset(asset, value) => {
                let name = self.check_asset(device, asset, value, has_session, &model).await?;
                if name == asset { Named::AsWanted } else { Named::Asset(name) }
            }
            Wanted::Assets(values) => {
                let mut names = Vec::with_capacity(values.len());
                for (asset, value) in values {
                    names.push(self.check_asset(device, asset, value, has_session, &model).await?);
                }
                by_name(device, values, names)?
            }
            Wanted::Action(..) if !has_session => {
                return Err(CommandError::NoActions { device: device.to_owned() });
            }
            Wanted::Action(action, arguments) => {
                self.check_action(device, action, arguments).await?;
                Named::AsWanted
            }
        };
        Ok(Checked { has_session, wanted, named })
    }

    /// The asset's name.
    async fn check_asset(
        &self,
        device: &str,
        asset: &str,
        value: &RawValue,
        has_session: bool,
        model: &Model,
    ) -> Result<String, CommandError> {
        let found = match name::check(asset) {
            Ok(()) => self.find_asset(device, asset, model).await?,
            // Not for every database.
            Err(_) => None,
        };
        let (device, asset) = (device.to_owned(), name::shown(asset));
        let Some(AssetRecord { asset: found, .. }) = found else {
            return Err(CommandError::UnknownAsset { device, asset });
        };
        if !found.kind.is_commandable() {
            return Err(CommandError::NotCommandable { device, asset, kind: found.kind });
        }
        if has_session {
            return Ok(found.name);
        }
        let value = serde_json::from_str(value.get()).map_err(|source| CommandError::Value { source })?;
        let checked = found.profile.check(&value);
        checked.map_err(|refusal| CommandError::Refused { device, asset, refusal })?;
        Ok(found.name)
    }

    /// The asset of that name, or else of that alias: these are in the document that the device itself has said that it is of.
    async fn find_asset(
        &self,
        device: &str,
        asset: &str,
        model: &Model,
    ) -> Result<Option<AssetRecord>, StoreError> {
        if let Some(found) = self.store.asset(device, asset).await? {
            return Ok(Some(found));
        }
        let model = model.get_or_try_init(|| self.document_of(device)).await?;
        match model.as_ref().and_then(|model| model.attribute(asset)) {
            Some(attribute) => self.store.asset(device, &attribute.asset.name).await,
            None => Ok(None),
        }
    }

    /// `None`: it has said none, or what an earlier version has taken and is not a model for this one.
    async fn document_of(&self, device: &str) -> Result<Option<ModelDocument>, StoreError> {
        let model = self.store.model_of(device).await?;
        Ok(model.and_then(|model| ModelDocument::from_json(model.get()).ok()))
    }

    /// Checks an action against the document that the device itself has said that it is of. Where that is not known, the device
    /// judges alone, as it does in any case: another device's document says nothing about this one.
    async fn check_action(
        &self,
        device: &str,
        action: &str,
        arguments: &[(String, Box<RawValue>)],
    ) -> Result<(), CommandError> {
        for (argument, _) in arguments {
            let bad = |error| CommandError::ArgumentName {
                device: device.to_owned(),
                action: action.to_owned(),
                argument: name::shown(argument),
                error,
            };
            name::check(argument).map_err(bad)?;
        }
        let Some(model) = self.document_of(device).await? else { return Ok(()) };
        let (device, action) = (device.to_owned(), action.to_owned());
        let Some(declared) = model.action(&action) else {
            return Err(CommandError::UnknownAction { device, action });
        };
        let checked = declared.check_arguments(arguments);
        checked.map_err(|refusal| CommandError::Arguments { device, action, refusal: Box::new(refusal) })
    }
}

/// The values under their assets' names. By its name and by its alias, an asset would be commanded twice.
fn by_name(
    device: &str,
    values: &[(String, Box<RawValue>)],
    names: Vec<String>,
) -> Result<Named, CommandError> {
    if values.iter().map(|(asset, _)| asset).eq(&names) {
        return Ok(Named::AsWanted);
    }
    let mut seen = HashSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(CommandError::Twice { device: device.to_owned(), asset: twice.clone() });
    }
    let values = values.iter().map(|(_, value)| value.clone());
    Ok(Named::Assets(names.into_iter().zip(values).collect()))
}
