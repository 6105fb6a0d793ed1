//! The values of a device without a struct, by index.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::{DynamicError, model, zero};
use crate::model::{AssetRules, DeviceModel};
use crate::value::Values;
use crate::value::codec::AnyValue;
use crate::value::json::Json;
use edge_proto::document::ModelDocument;

/// Computes an asset from others.
type Compute = Arc<dyn Fn(&Dynamic) -> Value + Send + Sync>;

/// The state of a device without a struct: a value for each attribute of its document.
pub struct Dynamic {
    pub(in crate::device) model: &'static DeviceModel,
    fields: Vec<AnyValue>,
    /// In the order in which they were given.
    computed: Vec<(usize, Compute)>,
    /// Of the assets to which some were given, until the device starts.
    rules: BTreeMap<usize, AssetRules>,
}

impl Dynamic {
    /// Everything at its default, or at zero.
    pub(super) fn new(document: &ModelDocument) -> Result<Self, DynamicError> {
        document.check()?;
        let model = model::of(document);
        let fields = Vec::with_capacity(model.assets.len());
        let mut first = Self { model, fields, computed: Vec::new(), rules: BTreeMap::new() };
        for (index, asset) in model.assets.iter().enumerate() {
            let default = asset.default.map(|default| default.json(&asset.codec));
            let value = default.unwrap_or_else(|| zero::of(&asset.profile()));
            first.fields.push(first.decode(index, value)?);
        }
        Ok(first)
    }

    fn decode(&self, index: usize, json: Value) -> Result<AnyValue, DynamicError> {
        let asset = &self.model.assets[index];
        let checked = asset.profile().check(&json).and_then(|()| asset.decode(json));
        checked.map_err(|refusal| DynamicError::Value { attribute: asset.name.to_owned(), refusal })
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.model.names().find(|(known, _)| *known == name).map(|(_, index)| index)
    }

    pub(super) fn known(&self, name: &str) -> Result<usize, DynamicError> {
        let unknown =
            || DynamicError::UnknownAttribute { urn: self.model.urn.to_owned(), attribute: name.to_owned() };
        self.find(name).ok_or_else(unknown)
    }

    pub(super) fn put(&mut self, name: &str, value: Value) -> Result<(), DynamicError> {
        let index = self.known(name)?;
        self.fields[index] = self.decode(index, value)?;
        Ok(())
    }

    pub(super) fn compute(
        &mut self,
        name: &str,
        compute: impl Fn(&Self) -> Value + Send + Sync + 'static,
    ) -> Result<(), DynamicError> {
        let index = self.known(name)?;
        let asset = &self.model.assets[index];
        if asset.kind != edge_proto::Kind::Virtual {
            return Err(DynamicError::NotVirtual { attribute: asset.name.to_owned(), kind: asset.kind });
        }
        self.computed.retain(|(computed, _)| *computed != index);
        self.computed.push((index, Arc::new(compute)));
        Ok(())
    }

    pub(super) fn rule(&mut self, name: &str, rules: AssetRules) -> Result<(), DynamicError> {
        let index = self.known(name)?;
        let asset = &self.model.assets[index];
        rules
            .check(asset.kind, &asset.profile())
            .map_err(|source| DynamicError::Rules { attribute: asset.name.to_owned(), source })?;
        self.rules.insert(index, rules);
        Ok(())
    }

    /// With the model that says the rules as well.
    pub(super) fn ruled(mut self) -> Self {
        self.model = model::with_rules(self.model, std::mem::take(&mut self.rules));
        self
    }

    /// The value of an attribute, by its name or alias; `None`: there is none of that name.
    pub fn get(&self, name: &str) -> Option<Value> {
        let index = self.find(name)?;
        Some(self.model.assets[index].codec.json(self.fields[index].as_ref()))
    }
}

impl Clone for Dynamic {
    fn clone(&self) -> Self {
        let copy = |(index, field): (usize, &AnyValue)| (self.model.assets[index].codec.copy)(field.as_ref());
        let fields = self.fields.iter().enumerate().map(copy).collect();
        Self { model: self.model, fields, computed: self.computed.clone(), rules: self.rules.clone() }
    }
}

impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.model.assets.iter().map(|asset| (asset.name, self.get(asset.name)));
        f.debug_map().entries(values).finish()
    }
}

impl Values for Dynamic {
    fn field(&mut self, index: usize) -> &mut dyn Any {
        self.fields[index].as_mut()
    }

    fn child(&mut self, index: usize) -> &mut dyn Any {
        unreachable!("a device without a struct has no child {index}")
    }

    fn recompute(&mut self) {
        for (index, compute) in self.computed.clone() {
            // Checked as all values are, before it is accepted.
            self.fields[index] = AnyValue::new(Json(compute(self)));
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
