//! Actions as a device's model declares them: what is asked of the device is checked before it is sent.

use edge_proto::document::{Action, Field, ModelDocument};
use serde_json::value::RawValue;

use crate::command::CommandError;
use crate::platform::Platform;
use crate::store::Key;

type Arguments = [(String, Box<RawValue>)];

impl Platform {
    /// Checks an action against the model that is kept for the device's, if there is one. Without it the device
    /// judges alone, as it does in any case.
    pub(crate) async fn check_action(
        &self,
        device: &str,
        action: &str,
        arguments: &Arguments,
    ) -> Result<(), CommandError> {
        let Some(record) = self.store.device(Key::Sn(device)).await? else {
            return Err(CommandError::UnknownDevice { device: device.to_owned() });
        };
        let Some(model) = self.store.model(&record.device.model).await? else { return Ok(()) };
        // What an earlier version has taken is not necessarily a model for this one.
        let Ok(model) = ModelDocument::from_json(model.get()) else { return Ok(()) };
        let Some(declared) = model.actions.iter().find(|declared| declared.name == action) else {
            return Err(CommandError::UnknownAction { device: device.to_owned(), action: action.to_owned() });
        };
        check(declared, arguments).map_err(|reason| CommandError::Arguments {
            device: device.to_owned(),
            action: action.to_owned(),
            reason,
        })
    }
}

/// What is wrong with the arguments.
fn check(action: &Action, given: &Arguments) -> Result<(), String> {
    let is_declared = |name: &str| action.arguments.iter().any(|field| field.name == name);
    if let Some((name, _)) = given.iter().find(|(name, _)| !is_declared(name)) {
        return Err(format!("there is no argument `{}`", name.escape_debug()));
    }
    action.arguments.iter().try_for_each(|field| fits(field, given))
}

fn fits(Field { name, profile, optional, .. }: &Field, given: &Arguments) -> Result<(), String> {
    let may_be_left_out = *optional || profile.nullable;
    let value = match given.iter().find(|(given, _)| given == name) {
        Some((_, value)) if value.get() == "null" && may_be_left_out => return Ok(()),
        Some((_, value)) => value,
        None if may_be_left_out => return Ok(()),
        None => return Err(format!("the argument `{name}` is missing")),
    };
    let value = serde_json::from_str(value.get()).map_err(|error| format!("`{name}`: {error}"))?;
    profile.check(&value).map_err(|refusal| format!("`{name}`: {refusal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_those_that_the_model_declares() {
        let model = r#"{"urn":"urn:a","name":"A","actions":[{"name":"calibrate","arguments":[
            {"name":"offset","type":"NUMBER","range":"-5,5"},{"name":"note","type":"STRING","optional":true}]}]}"#;
        let model = ModelDocument::from_json(model).unwrap();
        let check = |given: &[(&str, &str)]| {
            let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
            let given: Vec<_> = given.iter().map(|(name, json)| ((*name).to_owned(), raw(json))).collect();
            check(&model.actions[0], &given)
        };
        assert_eq!(check(&[("offset", "0.5")]), Ok(()));
        assert_eq!(check(&[("note", "\"n\""), ("offset", "-5")]), Ok(()));
        assert_eq!(check(&[("note", "null"), ("offset", "-5")]), Ok(()));
        for (given, reason) in [
            (&[][..], "the argument `offset` is missing"),
            (&[("note", "\"n\"")], "the argument `offset` is missing"),
            (&[("offset", "6")], "`offset`: 6 is above the maximum: the limits are -5..5"),
            (&[("offset", "\"1\"")], "`offset`: expected number, found string"),
            (&[("offset", "1e999")], "`offset`: number out of range at line 1 column 5"),
            (&[("offset", "1"), ("other\n", "1")], "there is no argument `other\\n`"),
        ] {
            assert_eq!(check(given), Err(reason.to_owned()));
        }
    }
}
