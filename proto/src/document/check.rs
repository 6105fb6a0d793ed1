//! What a model must be, wherever it comes from.

use std::collections::HashMap;

use super::{DocumentError, Field, Format, ModelDocument};
use crate::model::check_text;
use crate::name;
use crate::payload::{FormatKind, MAX_DESCRIPTION_BYTES, MAX_FIELDS};

/// The most attributes: as many as a struct may declare.
pub const MAX_ATTRIBUTES: usize = 1024;

/// The most arguments of an action: as many as a method may declare.
pub const MAX_ARGUMENTS: usize = 64;

/// The most bytes of the URN of a model.
pub const MAX_URN: usize = 256;

/// Why a text is no URN of a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrnError {
    /// Nothing at all.
    #[error("is empty")]
    Empty,
    /// More than [`MAX_URN`].
    #[error("has {bytes} bytes, the limit is {MAX_URN}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// It is not one word.
    #[error("has white space or control characters in it")]
    Characters,
}

/// Whether a text can be the URN of a model: a word, which need not begin with `urn:`.
///
/// # Errors
/// What is wrong with it.
pub fn check_urn(urn: &str) -> Result<(), UrnError> {
    if urn.is_empty() {
        return Err(UrnError::Empty);
    }
    if urn.len() > MAX_URN {
        return Err(UrnError::TooLong { bytes: urn.len() });
    }
    if urn.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(UrnError::Characters);
    }
    Ok(())
}

pub(super) fn model(model: &ModelDocument) -> Result<(), DocumentError> {
    check_urn(&model.urn).map_err(DocumentError::Urn)?;
    for (field, text) in [("name", &model.name), ("description", &model.description)] {
        check_text(field, text)?;
    }
    check_text("vendor", model.vendor.as_str())?;
    attributes(model)?;
    actions(model)?;
    let (mut alerts, mut records) = (Names::default(), Names::default());
    for format in &model.formats {
        match format.kind {
            FormatKind::Alert => alerts.add("alert", &format.name)?,
            FormatKind::Data => records.add("format", &format.name)?,
        }
        check_text("urn", &format.urn)?;
        check_text("description", &format.description)?;
        sendable(format)?;
        fields("field", &format.fields)?;
    }
    let mut children = Names::default();
    model.children.iter().try_for_each(|child| {
        check_text("urn", &child.urn)?;
        children.add("child", &child.name)
    })
}

fn attributes(model: &ModelDocument) -> Result<(), DocumentError> {
    if model.attributes.len() > MAX_ATTRIBUTES {
        return Err(DocumentError::TooMany { attributes: model.attributes.len(), limit: MAX_ATTRIBUTES });
    }
    let mut names = Names::default();
    for attribute in &model.attributes {
        names.add("attribute", &attribute.asset.name)?;
        attribute.asset.check()?;
        if let Some(default) = &attribute.default {
            let wrong = |refusal| DocumentError::Default { attribute: attribute.asset.name.clone(), refusal };
            attribute.asset.profile.check(default).map_err(wrong)?;
        }
    }
    names.add_aliases(model.attributes.iter().filter_map(|attribute| attribute.alias.as_deref()))
}

fn actions(model: &ModelDocument) -> Result<(), DocumentError> {
    let mut names = Names::default();
    for action in &model.actions {
        names.add("action", &action.name)?;
        check_text("title", &action.title)?;
        check_text("description", &action.description)?;
        if action.arguments.len() > MAX_ARGUMENTS {
            let (action, arguments) = (action.name.clone(), action.arguments.len());
            return Err(DocumentError::TooManyArguments { action, arguments, limit: MAX_ARGUMENTS });
        }
        fields("argument", &action.arguments)?;
    }
    names.add_aliases(model.actions.iter().filter_map(|action| action.alias.as_deref()))
}

/// What no platform would take is no format.
fn sendable(format: &Format) -> Result<(), DocumentError> {
    let (name, count, bytes) = (&format.name, format.fields.len(), format.description.len());
    if count > MAX_FIELDS {
        return Err(DocumentError::TooManyFields { format: name.clone(), fields: count, limit: MAX_FIELDS });
    }
    if format.kind == FormatKind::Alert && bytes > MAX_DESCRIPTION_BYTES {
        let limit = MAX_DESCRIPTION_BYTES;
        return Err(DocumentError::Description { alert: name.clone(), bytes, limit });
    }
    Ok(())
}

fn fields(of: &'static str, fields: &[Field]) -> Result<(), DocumentError> {
    let mut names = Names::default();
    fields.iter().try_for_each(|field| {
        names.add(of, &field.name)?;
        check_text("description", &field.description)?;
        check_text("unit", field.profile.unit.as_deref().unwrap_or_default())?;
        Ok(field.profile.check_limits(&field.name)?)
    })
}

/// Names that must be unique, case ignored.
#[derive(Default)]
struct Names<'a>(HashMap<String, &'a str>);

impl<'a> Names<'a> {
    /// Behind all names: an alias that is taken is the alias's mistake, wherever the name stands.
    fn add_aliases(&mut self, mut aliases: impl Iterator<Item = &'a str>) -> Result<(), DocumentError> {
        aliases.try_for_each(|alias| self.add("alias", alias))
    }

    fn add(&mut self, of: &'static str, name: &'a str) -> Result<(), DocumentError> {
        name::check(name).map_err(|error| DocumentError::Name { of, name: name::shown(name), error })?;
        match self.0.insert(name.to_ascii_lowercase(), name) {
            None => Ok(()),
            Some(first) => {
                Err(DocumentError::Duplicate { of, first: first.to_owned(), second: name.to_owned() })
            }
        }
    }
}
