//! Documents as models. A device wants a model for as long as the program runs, so each distinct one is made once and never
//! freed: as many as the program loads, and of each as many as it gives other rules.

use std::collections::{BTreeMap, HashMap};
use std::sync::{LazyLock, Mutex};

use edge_proto::document::{Action, Attribute, Field, Format, ModelDocument};
use edge_proto::{Kind, Number, Profile, ValueType};
use jiff::Timestamp;

use crate::alert::{FieldModel, FormatModel};
use crate::lock::lock;
use crate::model::{
    ActionModel, ArgumentModel, AssetModel, AssetRules, DefaultValue, DeviceModel, OverwritePolicy,
};
use crate::storage::ExternalObject;
use crate::value::json::Json;
use crate::value::{AssetValue, Codec};

/// The model of a document that was checked.
pub(super) fn of(document: &ModelDocument) -> &'static DeviceModel {
    static KNOWN: LazyLock<Mutex<HashMap<String, &'static DeviceModel>>> = LazyLock::new(Mutex::default);
    let mut known = lock(&KNOWN);
    known.entry(document.to_json()).or_insert_with(|| leak(model(document)))
}

/// A model whose assets have these rules, by index, in place of those that they had.
pub(super) fn with_rules(
    model: &'static DeviceModel,
    mut rules: BTreeMap<usize, AssetRules>,
) -> &'static DeviceModel {
    static KNOWN: LazyLock<Mutex<HashMap<usize, Vec<&'static DeviceModel>>>> = LazyLock::new(Mutex::default);
    let assets = model.assets.iter().enumerate();
    let ruled = |(index, asset): (usize, &AssetModel)| match rules.remove(&index) {
        Some(rules) => AssetModel { rules, ..*asset },
        None => *asset,
    };
    let assets: Vec<AssetModel> = assets.map(ruled).collect();
    let is_same =
        |known: &&DeviceModel| known.assets.iter().map(|it| it.rules).eq(assets.iter().map(|it| it.rules));
    if is_same(&model) {
        return model;
    }
    let mut known = lock(&KNOWN);
    // Models are static, so the address is the model.
    let known = known.entry(std::ptr::from_ref(model) as usize).or_default();
    if let Some(model) = known.iter().copied().find(is_same) {
        return model;
    }
    let model = leak(DeviceModel { assets: Vec::leak(assets), ..*model });
    known.push(model);
    model
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn text(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn list<T, M>(items: &[T], make: impl FnMut(&T) -> M) -> &'static [M] {
    Vec::leak(items.iter().map(make).collect())
}

fn model(document: &ModelDocument) -> DeviceModel {
    DeviceModel {
        urn: text(&document.urn),
        title: text(&document.name),
        description: text(&document.description),
        asset_type: document.asset_type,
        vendor: text(document.vendor.as_str()),
        overwrite_assets: OverwritePolicy::Never,
        batch: None,
        // Devices of their own, with documents of their own.
        children: &[],
        assets: list(&document.attributes, asset),
        formats: list(&document.formats, |of| leak(format(of))),
        actions: list(&document.actions, action),
    }
}

fn asset(Attribute { asset, alias, default }: &Attribute) -> AssetModel {
    AssetModel {
        name: text(&asset.name),
        alias: alias.as_deref().map_or("", text),
        kind: asset.kind,
        title: text(&asset.title),
        description: text(&asset.description),
        unit: asset.profile.unit.as_deref().map_or("", text),
        limits: asset.profile.limits(),
        rules: AssetRules::DEFAULT,
        default: default.as_ref().map(|default| DefaultValue::of_json(leak(default.clone()))),
        // What a program computes it gives as JSON, which is checked when it is there.
        codec: codec(&asset.profile, asset.kind != Kind::Virtual),
    }
}

fn format(format: &Format) -> FormatModel {
    FormatModel {
        name: text(&format.name),
        urn: text(&format.urn),
        description: text(&format.description),
        kind: format.kind,
        severity: format.severity.unwrap_or_default(),
        retention: None,
        fields: list(&format.fields, field),
    }
}

fn action(action: &Action) -> ActionModel {
    ActionModel {
        name: text(&action.name),
        alias: action.alias.as_deref().map_or("", text),
        title: text(&action.title),
        description: text(&action.description),
        timeout: None,
        arguments: list(&action.arguments, argument),
    }
}

fn argument(field: &Field) -> ArgumentModel {
    let FieldModel { name, description, unit, limits, codec } = self::field(field);
    ArgumentModel { name, description, unit, limits, codec }
}

fn field(field: &Field) -> FieldModel {
    let nullable = field.profile.nullable || field.optional;
    let profile = Profile { nullable, ..field.profile.clone() };
    FieldModel {
        name: text(&field.name),
        description: text(&field.description),
        unit: profile.unit.as_deref().map_or("", text),
        limits: profile.limits(),
        codec: codec(&profile, true),
    }
}

/// The functions of the Rust type that has such values; of JSON, if there is none.
fn codec(profile: &Profile, is_typed: bool) -> Codec {
    let is_typed = is_typed && profile.allowed.is_empty();
    let is_natural = profile.minimum.is_some_and(|minimum| minimum >= Number::Integer(0));
    let of = match (profile.value_type, profile.format.as_deref()) {
        _ if !is_typed => Json::CODEC,
        (ValueType::Boolean, None) => of_type::<bool>(profile),
        (ValueType::Integer, None) if is_natural => of_type::<u64>(profile),
        (ValueType::Integer, None) => of_type::<i64>(profile),
        (ValueType::Number, None) => of_type::<f64>(profile),
        (ValueType::String, None) => of_type::<String>(profile),
        (ValueType::String, Some("date-time")) => of_type::<Timestamp>(profile),
        (ValueType::String, Some("byte")) => of_type::<bytes::Bytes>(profile),
        (ValueType::String, Some("duration")) => of_type::<std::time::Duration>(profile),
        (ValueType::String, Some("uuid")) => of_type::<uuid::Uuid>(profile),
        (ValueType::String, Some("uri")) => of_type::<ExternalObject>(profile),
        _ => Json::CODEC,
    };
    Codec { schema: Some(leak(profile.clone())), ..of }
}

fn of_type<T: AssetValue>(profile: &Profile) -> Codec {
    if profile.nullable { <Option<T> as AssetValue>::CODEC } else { T::CODEC }
}
