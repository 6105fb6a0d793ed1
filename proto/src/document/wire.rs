//! The members of a document, and what they say together.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, Attribute, Child, DocumentError, Field, Format, ModelDocument, kind_of, words};
use crate::model::{Asset, AssetType, AssetVendor, Kind};
use crate::payload::{FormatKind, Severity};
use crate::profile::Profile;

/// What the only argument of an action is called where nothing says so.
const ARGUMENT: &str = "value";

/// The whole document.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Model {
    urn: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default, skip_serializing_if = "is_false")]
    draft: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    asset_type: AssetType,
    #[serde(default, skip_serializing_if = "is_default")]
    vendor: AssetVendor,
    #[serde(default)]
    attributes: Vec<WireAttribute>,
    #[serde(default)]
    actions: Vec<WireAction>,
    #[serde(default)]
    formats: Vec<WireFormat>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    children: Vec<Child>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What says of which type something is.
#[derive(Serialize, Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    word: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    profile: Option<Profile>,
}

impl Typed {
    fn of(profile: Profile) -> Self {
        let word = words::of(&profile).to_owned();
        Self { word, range: words::range(&profile), profile: Some(profile) }
    }

    /// The profile; `type` and `range` must say nothing else.
    fn profile(self, name: &str) -> Result<Profile, DocumentError> {
        let implied = words::profile(name, &self.word, self.range.as_deref())?;
        let Some(profile) = self.profile else { return Ok(implied) };
        let contradiction =
            |member| DocumentError::Contradiction { of: name.to_owned(), member, other: "profile" };
        if words::of(&profile) != words::of(&implied) {
            return Err(contradiction("type"));
        }
        let ends = |profile: &Profile| (profile.minimum, profile.maximum);
        if self.range.is_some() && ends(&profile) != ends(&implied) {
            return Err(contradiction("range"));
        }
        Ok(profile)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAttribute {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(flatten)]
    typed: Typed,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    writable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default_value: Option<Value>,
}

impl From<Attribute> for WireAttribute {
    fn from(attribute: Attribute) -> Self {
        let writable = Some(attribute.is_writable());
        let Attribute { asset: Asset { name, kind, title, description, profile }, alias, default } =
            attribute;
        let (title, kind, typed) = (Some(title), Some(kind), Typed::of(profile));
        Self { name, title, description, typed, alias, kind, writable, default_value: default }
    }
}

impl TryFrom<WireAttribute> for Attribute {
    type Error = DocumentError;

    fn try_from(wire: WireAttribute) -> Result<Self, DocumentError> {
        let WireAttribute { name, title, description, typed, alias, kind, writable, default_value } = wire;
        let kind = kind.unwrap_or_else(|| kind_of(writable.unwrap_or_default()));
        if writable.is_some_and(|writable| writable != kind.is_commandable()) {
            return Err(DocumentError::Contradiction { of: name, member: "writable", other: "kind" });
        }
        let profile = typed.profile(&name)?;
        let title = title.unwrap_or_else(|| name.clone());
        let asset = Asset { name, kind, title, description, profile };
        Ok(Self { asset, alias, default: default_value })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireField {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    description: String,
    #[serde(flatten)]
    typed: Typed,
    #[serde(default)]
    optional: bool,
}

impl From<Field> for WireField {
    fn from(Field { name, description, profile, optional }: Field) -> Self {
        Self { name, description, typed: Typed::of(profile), optional }
    }
}

impl TryFrom<WireField> for Field {
    type Error = DocumentError;

    fn try_from(wire: WireField) -> Result<Self, DocumentError> {
        let WireField { name, description, typed, optional } = wire;
        let profile = typed.profile(&name)?;
        Ok(Self { name, description, profile, optional })
    }
}

/// The schema knows at most one argument, without a name; `arguments` are ours.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireAction {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(default)]
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arg_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    arguments: Option<Vec<WireField>>,
}

impl From<Action> for WireAction {
    fn from(Action { name, alias, title, description, arguments }: Action) -> Self {
        let only = match arguments.as_slice() {
            [only] => Some(&only.profile),
            _ => None,
        };
        let (arg_type, range) =
            (only.map(|profile| words::of(profile).to_owned()), only.and_then(words::range));
        let arguments = Some(arguments.into_iter().map(WireField::from).collect());
        Self { name, title: Some(title), description, alias, arg_type, range, arguments }
    }
}

impl TryFrom<WireAction> for Action {
    type Error = DocumentError;

    fn try_from(wire: WireAction) -> Result<Self, DocumentError> {
        let WireAction { name, title, description, alias, arg_type, range, arguments } = wire;
        let only = arg_type.map(|word| words::profile(&name, &word, range.as_deref())).transpose()?;
        let only = only.map(|profile| Field {
            name: ARGUMENT.to_owned(),
            description: String::new(),
            profile,
            optional: false,
        });
        let arguments = match arguments {
            Some(arguments) => arguments.into_iter().map(Field::try_from).collect::<Result<Vec<_>, _>>()?,
            None => only.into_iter().collect(),
        };
        let title = title.unwrap_or_else(|| name.clone());
        Ok(Self { name, alias, title, description, arguments })
    }
}

#[derive(Serialize, Deserialize)]
struct WireFormat {
    urn: String,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(rename = "type")]
    kind: FormatKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    value: Fields,
}

#[derive(Serialize, Deserialize)]
struct Fields {
    #[serde(default)]
    fields: Vec<WireField>,
}

impl From<Format> for WireFormat {
    fn from(Format { urn, name, description, kind, severity, fields }: Format) -> Self {
        let fields = fields.into_iter().map(WireField::from).collect();
        Self { urn, name, description, kind, severity, value: Fields { fields } }
    }
}

impl TryFrom<WireFormat> for Format {
    type Error = DocumentError;

    fn try_from(wire: WireFormat) -> Result<Self, DocumentError> {
        let WireFormat { urn, name, description, kind, severity, value } = wire;
        let fields = value.fields.into_iter().map(Field::try_from).collect::<Result<_, _>>()?;
        let severity = (kind == FormatKind::Alert).then(|| severity.unwrap_or_default());
        Ok(Self { urn, name, description, kind, severity, fields })
    }
}

impl From<ModelDocument> for Model {
    fn from(model: ModelDocument) -> Self {
        let ModelDocument { urn, name, description, draft, asset_type, vendor, children, .. } = model;
        let attributes = model.attributes.into_iter().map(Into::into).collect();
        let actions = model.actions.into_iter().map(Into::into).collect();
        let formats = model.formats.into_iter().map(Into::into).collect();
        Self { urn, name, description, draft, asset_type, vendor, attributes, actions, formats, children }
    }
}

impl TryFrom<Model> for ModelDocument {
    type Error = DocumentError;

    fn try_from(wire: Model) -> Result<Self, DocumentError> {
        let Model { urn, name, description, draft, asset_type, vendor, children, .. } = wire;
        let attributes = wire.attributes.into_iter().map(Attribute::try_from).collect::<Result<_, _>>()?;
        let actions = wire.actions.into_iter().map(Action::try_from).collect::<Result<_, _>>()?;
        let formats = wire.formats.into_iter().map(Format::try_from).collect::<Result<_, _>>()?;
        let model = Self {
            urn,
            name,
            description,
            draft,
            asset_type,
            vendor,
            attributes,
            actions,
            formats,
            children,
        };
        model.check()?;
        Ok(model)
    }
}
