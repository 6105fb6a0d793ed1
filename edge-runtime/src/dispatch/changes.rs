//! All that one command changes, for the handler's `on_change`.

use std::sync::Mutex;

use edge_proto::Refusal;
use jiff::Timestamp;
use serde_json::Value;

use super::Change;
use crate::lock::lock;
use crate::model::DeviceModel;
use crate::value::AssetValue;
use crate::value::codec::AnyValue;

/// What one command changes, in the command's order: the values that the handlers of its assets have applied. What
/// the command asks for and is so already is not among them.
///
/// ```
/// use edge_runtime::{Change, Changes, Device, HandlerResult};
///
/// #[derive(Device, Clone)]
/// struct Motor {
///     #[asset(kind = "actuator", max = 100)]
///     speed: u8,
///     #[asset(kind = "actuator")]
///     forward: bool,
/// }
///
/// struct Driver;
///
/// impl MotorHandler for Driver {
///     async fn on_speed(&mut self, _: &MotorDevice, change: Change<u8>) -> HandlerResult<u8> {
///         Ok(change.value)
///     }
///     async fn on_forward(&mut self, _: &MotorDevice, change: Change<bool>) -> HandlerResult<bool> {
///         Ok(change.value)
///     }
///     async fn on_change(&mut self, motor: &MotorDevice, changes: &Changes) -> HandlerResult<()> {
///         let speed = changes.get::<u8>("speed")?.map_or(motor.speed(), |change| change.value);
///         let forward = changes.get::<bool>("forward")?.map_or(motor.forward(), |change| change.value);
///         if !forward && speed > 20 {
///             return Err("too fast to go backwards".into()); // nothing of the command is stored
///         }
///         Ok(())
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Changes {
    model: &'static DeviceModel,
    at: Timestamp,
    changes: Vec<AssetChange>,
    /// As the handlers have applied them. What has a file is no JSON that says all of it before that is uploaded. Locked, because a
    /// value need not be `Sync`.
    values: Mutex<Vec<AnyValue>>,
}

/// The change of one asset.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AssetChange {
    /// The asset.
    pub name: &'static str,
    /// What it is to be, as JSON.
    pub value: Value,
    /// What it is until then, as JSON.
    pub previous: Value,
}

/// Why a change cannot be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChangesError {
    /// The device has no such asset.
    #[error("the device has no asset `{asset}`; it has {assets:?}")]
    UnknownAsset {
        /// The name that there is not.
        asset: String,
        /// The names that there are.
        assets: Vec<&'static str>,
    },
    /// The asset has another type.
    #[error("`{asset}` is of another type: {refusal}")]
    Type {
        /// The asset.
        asset: &'static str,
        /// What is wrong with its value for this type.
        refusal: Refusal,
    },
}

impl Changes {
    pub(super) fn new(model: &'static DeviceModel, at: Timestamp) -> Self {
        Self { model, at, changes: Vec::new(), values: Mutex::default() }
    }

    pub(super) fn push(&mut self, index: usize, value: &AnyValue, previous: &AnyValue) {
        let asset = &self.model.assets[index];
        let json = |value: &AnyValue| {
            let mut out = Vec::new();
            (asset.codec.encode)(value.as_ref(), &mut out);
            serde_json::from_slice(&out).unwrap_or_default()
        };
        lock(&self.values).push((asset.codec.copy)(value.as_ref()));
        self.changes.push(AssetChange { name: asset.name, value: json(value), previous: json(previous) });
    }

    /// When the command was given.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// How many assets change: at least one.
    #[allow(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.changes.len()
    }

    /// The changes, in the command's order.
    pub fn iter(&self) -> std::slice::Iter<'_, AssetChange> {
        self.changes.iter()
    }

    /// The change of an asset of type `T`, by its name or alias; `None` when this command does not change it. Where that is the
    /// asset's own type, the value is as its handler has returned it: a file that is to be uploaded has its path.
    ///
    /// # Errors
    /// When the device has no such asset, or it is of another type.
    pub fn get<T: AssetValue>(&self, asset: &str) -> Result<Option<Change<T>>, ChangesError> {
        let names = || self.model.assets.iter().map(|asset| asset.name);
        let Some((_, index)) = self.model.names().find(|(name, _)| *name == asset) else {
            return Err(ChangesError::UnknownAsset { asset: asset.to_owned(), assets: names().collect() });
        };
        let asset = self.model.assets[index].name;
        let Some(at) = self.changes.iter().position(|change| change.name == asset) else { return Ok(None) };
        let (change, own) = (&self.changes[at], lock(&self.values)[at].downcast_ref::<T>().cloned());
        let read =
            |json: &Value| T::decode(json.clone()).map_err(|refusal| ChangesError::Type { asset, refusal });
        let value = own.map_or_else(|| read(&change.value), Ok)?;
        Ok(Some(Change { value, previous: read(&change.previous)?, at: self.at }))
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a AssetChange;
    type IntoIter = std::slice::Iter<'a, AssetChange>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
