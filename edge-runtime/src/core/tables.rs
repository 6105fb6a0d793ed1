//! What follows from a model, worked out once for all devices of it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use edge_proto::{Kind, Limits};

use crate::lock::lock;
use crate::model::{AssetModel, DeviceModel, Retention};
use crate::outbox::Required;
use crate::value::codec::Json;

/// See the module.
#[derive(Debug)]
pub(super) struct Tables {
    /// By index, with the limits of the values' types.
    pub(super) limits: Vec<Limits>,
    /// The indices of what is computed.
    pub(super) virtuals: Vec<usize>,
    /// By index, whether who sets it may wait for room of its own, or of what is computed, when the outbox is not full.
    pub(super) may_wait: Vec<bool>,
    /// By index, what its rules require of messages with its states.
    required: Vec<Required>,
    /// Whether something of the device is stored.
    pub(super) is_stored: bool,
    /// The indices by name and by alias, in the order of these.
    names: Vec<(&'static str, usize)>,
    model: &'static DeviceModel,
}

impl Tables {
    /// Those of a model. Models are static, so the address is the model.
    pub(super) fn of(model: &'static DeviceModel) -> Arc<Self> {
        static KNOWN: LazyLock<Mutex<HashMap<usize, Arc<Tables>>>> = LazyLock::new(Mutex::default);
        let mut known = lock(&KNOWN);
        Arc::clone(
            known.entry(std::ptr::from_ref(model) as usize).or_insert_with(|| Arc::new(Self::new(model))),
        )
    }

    fn new(model: &'static DeviceModel) -> Self {
        let limits = |asset: &AssetModel| asset.profile().limits();
        let is_virtual = |&index: &usize| model.assets[index].kind == Kind::Virtual;
        let virtuals: Vec<usize> = (0..model.assets.len()).filter(is_virtual).collect();
        let mut names: Vec<_> = model.names().collect();
        names.sort_unstable();
        let may_wait = |index: &usize| model.assets[*index].rules.may_wait(false);
        let any_may_wait = virtuals.iter().any(may_wait);
        let may_wait = |index| any_may_wait || may_wait(&index);
        Self {
            may_wait: (0..model.assets.len()).map(may_wait).collect(),
            required: model.assets.iter().map(|asset| Required::of(&asset.rules)).collect(),
            limits: model.assets.iter().map(limits).collect(),
            virtuals,
            is_stored: model.is_stored(),
            names,
            model,
        }
    }

    /// The asset of that name or alias.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        let found = self.names.binary_search_by_key(&name, |(name, _)| name);
        found.ok().map(|found| self.names[found].1)
    }

    /// What the rules of these assets require of a message with their states.
    #[inline]
    pub(super) fn required(&self, states: &[(usize, Json)]) -> Required {
        Required::all(states.iter().map(|(index, _)| self.required[*index]))
    }

    /// Whether states of an asset are stored.
    #[inline]
    pub(super) fn stores(&self, asset: usize) -> bool {
        self.is_stored && self.model.assets[asset].rules.retention == Retention::Stored
    }
}
