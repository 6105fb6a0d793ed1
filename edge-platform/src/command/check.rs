//! What a command asks for, looked at before it is sent: as far as the platform knows the device.

use edge_proto::document::ModelDocument;
use edge_proto::name;
use serde_json::value::RawValue;

use super::CommandError;
use super::wanted::Wanted;
use crate::platform::Platform;
use crate::store::AssetRecord;

impl Platform {
    /// Whether the device has a session.
    pub(super) async fn check(&self, device: &str, wanted: Wanted<'_>) -> Result<bool, CommandError> {
        let unknown = || CommandError::UnknownDevice { device: device.to_owned() };
        let has_session = self.store.session(device).await?.ok_or_else(unknown)? > 0;
        match wanted {
            Wanted::Asset(asset, value) => self.check_asset(device, asset, value, has_session).await?,
            Wanted::Assets(values) => {
                for (asset, value) in values {
                    self.check_asset(device, asset, value, has_session).await?;
                }
            }
            Wanted::Action(..) if !has_session => {
                return Err(CommandError::NoActions { device: device.to_owned() });
            }
            Wanted::Action(action, arguments) => self.check_action(device, action, arguments).await?,
        }
        Ok(has_session)
    }

    async fn check_asset(
        &self,
        device: &str,
        asset: &str,
        value: &RawValue,
        has_session: bool,
    ) -> Result<(), CommandError> {
        let found = match name::check(asset) {
            Ok(()) => self.store.asset(device, asset).await?,
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
            return Ok(());
        }
        let value = serde_json::from_str(value.get()).map_err(|source| CommandError::Value { source })?;
        found.profile.check(&value).map_err(|refusal| CommandError::Refused { device, asset, refusal })
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
        let Some(model) = self.store.model_of(device).await? else { return Ok(()) };
        // What an earlier version has taken is not necessarily a model for this one.
        let Ok(model) = ModelDocument::from_json(model.get()) else { return Ok(()) };
        let (device, action) = (device.to_owned(), action.to_owned());
        let Some(declared) = model.action(&action) else {
            return Err(CommandError::UnknownAction { device, action });
        };
        let checked = declared.check_arguments(arguments);
        checked.map_err(|refusal| CommandError::Arguments { device, action, refusal: Box::new(refusal) })
    }
}
