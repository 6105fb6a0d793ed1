//! What is given for declared fields: of an alert, a record, or the arguments of an action.

use serde_json::value::RawValue;

use super::{Action, Field};
use crate::name;
use crate::profile::Refusal;

/// A declared field, as far as it matters for what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot<'a> {
    /// On the wire.
    pub name: &'a str,
    /// Whether it may be left out, or be `null`, which is the same.
    pub optional: bool,
}

/// Why what is given is not what is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misplaced<'a> {
    /// Nobody has declared it.
    Unknown(String),
    /// It is declared, is not optional, and is not there.
    Missing(&'a str),
}

/// Holds what is given, by name, against what is declared: what each field has got, in the order of the declaration.
///
/// # Errors
/// The first that nobody has declared; then the first that is missing.
pub fn place<'a, N, V>(
    declared: impl IntoIterator<Item = Slot<'a>>,
    given: impl IntoIterator<Item = (N, V)>,
) -> Result<Vec<Option<V>>, Misplaced<'a>>
where
    N: AsRef<str> + Into<String>,
{
    let mut slots: Vec<(Slot<'a>, Option<V>)> = declared.into_iter().map(|slot| (slot, None)).collect();
    for (name, value) in given {
        match slots.iter_mut().find(|(slot, _)| slot.name == name.as_ref()) {
            Some((_, place)) => *place = Some(value),
            None => return Err(Misplaced::Unknown(name.into())),
        }
    }
    match slots.iter().find(|(slot, value)| value.is_none() && !slot.optional) {
        Some((slot, _)) => Err(Misplaced::Missing(slot.name)),
        None => Ok(slots.into_iter().map(|(_, value)| value).collect()),
    }
}

/// What is wrong with the arguments of an action.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// Nobody has declared it.
    #[error("there is no argument `{name}`")]
    Unknown {
        /// As the caller calls it, but not all of it when it is long, and with control characters escaped.
        name: String,
    },
    /// It is not optional.
    #[error("the argument `{name}` is missing")]
    Missing {
        /// The argument.
        name: String,
    },
    /// It is no JSON that can be read, such as a number that is too large.
    #[error("`{name}`: {reason}")]
    Malformed {
        /// The argument.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It is no value of its type, or beyond its limits.
    #[error("`{name}`: {refusal}")]
    Refused {
        /// The argument.
        name: String,
        /// What is wrong with it.
        refusal: Refusal,
    },
}

impl Field {
    /// As far as it matters for what is given. What may be `null` may be left out.
    pub fn slot(&self) -> Slot<'_> {
        Slot { name: &self.name, optional: self.optional || self.profile.nullable }
    }

    fn check_value(&self, value: &RawValue) -> Result<(), ArgumentError> {
        if value.get() == "null" && self.slot().optional {
            return Ok(());
        }
        let name = || self.name.clone();
        let malformed =
            |error: serde_json::Error| ArgumentError::Malformed { name: name(), reason: error.to_string() };
        let value = serde_json::from_str(value.get()).map_err(malformed)?;
        self.profile.check(&value).map_err(|refusal| ArgumentError::Refused { name: name(), refusal })
    }
}

impl Action {
    /// Checks arguments by name, as a command has them.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check_arguments(&self, given: &[(String, Box<RawValue>)]) -> Result<(), ArgumentError> {
        let given = given.iter().map(|(name, value)| (name.as_str(), &**value));
        let placed =
            place(self.arguments.iter().map(Field::slot), given).map_err(|misplaced| match misplaced {
                Misplaced::Unknown(name) => ArgumentError::Unknown { name: name::shown(&name) },
                Misplaced::Missing(name) => ArgumentError::Missing { name: name.to_owned() },
            })?;
        let given =
            self.arguments.iter().zip(placed).filter_map(|(field, value)| value.map(|value| (field, value)));
        given.into_iter().try_for_each(|(field, value)| field.check_value(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::ModelDocument;

    #[test]
    fn arguments_are_those_that_are_declared() {
        let model = r#"{"urn":"urn:a","name":"A","actions":[{"name":"calibrate","arguments":[
            {"name":"offset","type":"NUMBER","range":"-5,5"},{"name":"note","type":"STRING","optional":true}]}]}"#;
        let model = ModelDocument::from_json(model).unwrap();
        let check = |given: &[(&str, &str)]| {
            let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
            let given: Vec<_> = given.iter().map(|(name, json)| ((*name).to_owned(), raw(json))).collect();
            model.actions[0].check_arguments(&given).map_err(|error| error.to_string())
        };
        assert_eq!(check(&[("offset", "0.5")]), Ok(()));
        assert_eq!(check(&[("note", "\"n\""), ("offset", "-5")]), Ok(()));
        assert_eq!(check(&[("note", "null"), ("offset", "-5")]), Ok(()));
        for (given, reason) in [
            (&[][..], "the argument `offset` is missing"),
            (&[("note", "\"n\"")], "the argument `offset` is missing"),
            (&[("offset", "6")], "`offset`: 6 is above the maximum: the limits are -5..5"),
            (&[("offset", "\"1\"")], "`offset`: expected number, found string"),
            (&[("offset", "null")], "`offset`: expected number, found null"),
            (&[("offset", "1e999")], "`offset`: number out of range at line 1 column 5"),
            (&[("offset", "1"), ("other\n", "1")], "there is no argument `other\\n`"),
        ] {
            assert_eq!(check(given), Err(reason.to_owned()));
        }
    }

    #[test]
    fn what_is_given_comes_in_the_order_of_the_declaration() {
        let slot = |name, optional| Slot { name, optional };
        let declared = [slot("a", false), slot("b", true), slot("c", true)];
        let check = |given: &[(&str, u8)]| place(declared, given.iter().copied());
        assert_eq!(check(&[("c", 3), ("a", 1)]), Ok(vec![Some(1), None, Some(3)]));
        assert_eq!(check(&[("c", 3)]), Err(Misplaced::Missing("a")));
        assert_eq!(check(&[("C", 3)]), Err(Misplaced::Unknown("C".to_owned())));
    }
}
