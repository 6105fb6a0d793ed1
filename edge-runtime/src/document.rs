//! Device models as documents: [`DeviceModel::document`] makes one of what a struct declares, and a
//! [`DynamicDevice`](crate::DynamicDevice) is what one declares.

pub use edge_proto::document::{Action, Attribute, Child, DocumentError, Field, Format, ModelDocument};
use edge_proto::payload::FormatKind;
use edge_proto::{AssetVendor, Kind};

use crate::alert::{FieldModel, FormatModel};
use crate::model::{ActionModel, ArgumentModel, AssetModel, ChildModel, DeviceModel};

#[cfg(doctest)]
#[doc = include_str!("../../docs/virtual-device.md")]
struct Page;

impl DeviceModel {
    /// The model as a document, for platforms, tools and other languages.
    ///
    /// ```
    /// # use edge_runtime::Device;
    /// #[derive(Device, Clone)]
    /// #[device(model = "urn:example:lamp:1")]
    /// struct Lamp {
    ///     /// How bright it is
    ///     #[asset(kind = "actuator", alias = "light", max = 100, default = 50)]
    ///     brightness: u8,
    /// }
    ///
    /// let document = Lamp::MODEL.document();
    /// assert_eq!(document.attribute("light").unwrap().default, Some(50.into()));
    /// assert_eq!(edge_runtime::ModelDocument::from_json(&Lamp::MODEL.to_json())?, document);
    /// # Ok::<_, edge_runtime::DocumentError>(())
    /// ```
    pub fn document(&self) -> ModelDocument {
        ModelDocument {
            description: self.description.to_owned(),
            asset_type: self.asset_type,
            vendor: AssetVendor::from(self.vendor),
            attributes: self.assets.iter().map(attribute).collect(),
            formats: self.formats.iter().map(|model| format(self, model)).collect(),
            actions: self.actions.iter().map(action).collect(),
            children: self.children.iter().map(child).collect(),
            ..ModelDocument::new(self.urn, self.title)
        }
    }

    /// The [`document`](Self::document) in JSON.
    pub fn to_json(&self) -> String {
        self.document().to_json()
    }
}

/// An empty one is none.
fn alias(alias: &str) -> Option<String> {
    (!alias.is_empty()).then(|| alias.to_owned())
}

fn attribute(model: &AssetModel) -> Attribute {
    // What is computed is never at its default.
    let default = model.default.filter(|_| model.kind != Kind::Virtual);
    Attribute {
        asset: model.declare(),
        alias: alias(model.alias),
        default: default.map(|default| default.json(&model.codec)).filter(|default| !default.is_null()),
    }
}

fn format(device: &DeviceModel, model: &FormatModel) -> Format {
    Format {
        urn: model.urn_in(device),
        name: model.name.to_owned(),
        description: model.description.to_owned(),
        kind: model.kind,
        severity: (model.kind == FormatKind::Alert).then_some(model.severity),
        fields: model.fields.iter().map(field).collect(),
    }
}

fn field(model: &FieldModel) -> Field {
    Field {
        name: model.name.to_owned(),
        description: model.description.to_owned(),
        profile: model.profile(),
        optional: model.is_optional(),
    }
}

fn action(model: &ActionModel) -> Action {
    Action {
        name: model.name.to_owned(),
        alias: alias(model.alias),
        title: model.title.to_owned(),
        description: model.description.to_owned(),
        arguments: model.arguments.iter().map(argument).collect(),
    }
}

fn argument(model: &ArgumentModel) -> Field {
    let profile = model.profile();
    Field {
        name: model.name.to_owned(),
        description: model.description.to_owned(),
        optional: profile.nullable,
        profile,
    }
}

fn child(child: &ChildModel) -> Child {
    Child { name: child.name.to_owned(), urn: child.model.urn.to_owned() }
}
