//! Actions as a device's model declares them: what is asked of the device is checked before it is sent.

use serde_json::Value;
use serde_json::value::RawValue;

use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::Key;

impl Platform {
    /// Checks an action against the model that is kept for the device's, if there is one. Without it the device
    /// judges alone, as it does in any case.
    pub(crate) async fn check_action(
        &self,
        device: &str,
        action: &str,
        _arguments: &[(String, Box<RawValue>)],
    ) -> Result<(), CommandError> {
        let Some(record) = self.store.device(Key::Sn(device)).await? else {
            return Err(CommandError::UnknownDevice { device: device.to_owned() });
        };
        let Some(model) = self.store.model(&record.device.model).await? else { return Ok(()) };
        let model: Value = serde_json::from_str(model.get()).unwrap_or_default();
        let Some(actions) = model.get("actions").and_then(Value::as_array) else { return Ok(()) };
        let is_this = |declared: &&Value| declared.get("name").and_then(Value::as_str) == Some(action);
        if actions.iter().find(is_this).is_none() {
            return Err(CommandError::UnknownAction { device: device.to_owned(), action: action.to_owned() });
        }
        Ok(())
    }
}
