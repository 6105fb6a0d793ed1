//! All that one command changes, for the handler's `on_change`.

use std::sync::{Mutex, OnceLock, PoisonError};

use edge_proto::Refusal;
use jiff::Timestamp;
use serde_json::Value;
use smallvec::SmallVec;

use super::Change;
use super::decide::Values;
use crate::cause::only;
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
    /// Locked, because a value need not be `Sync`.
    applied: Mutex<Applied>,
    /// How many of these are changes.
    count: usize,
    /// The changes in JSON, once somebody has asked for that.
    told: OnceLock<Vec<AssetChange>>,
}

/// What a command makes of its assets.
#[derive(Debug, Default)]
struct Applied {
    /// As the handler has applied them. What has a file is no JSON that says all of it before that is uploaded.
    values: Values,
    /// Of each of these what was before; `None`: it is so already.
    previous: SmallVec<[Option<AnyValue>; 1]>,
}

impl Applied {
    /// By the asset's index, what it is made, and what it was if that is a change.
    fn iter(&self) -> impl Iterator<Item = (usize, &AnyValue, Option<&AnyValue>)> {
        let all = self.values.iter().zip(&self.previous);
        all.map(|((index, value), previous)| (*index, value, previous.as_ref()))
    }
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
    #[error("the device has no asset `{asset}`, {}", only(assets))]
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
        Self { model, at, applied: Mutex::default(), count: 0, told: OnceLock::new() }
    }

    /// With what an asset was, it is a change.
    pub(super) fn push(&mut self, index: usize, value: AnyValue, previous: Option<AnyValue>) {
        self.count += usize::from(previous.is_some());
        let applied = self.applied.get_mut().unwrap_or_else(PoisonError::into_inner);
        applied.values.push((index, value));
        applied.previous.push(previous);
    }

    /// All that was pushed.
    pub(super) fn into_values(self) -> Values {
        self.applied.into_inner().unwrap_or_else(PoisonError::into_inner).values
    }

    fn json(&self, index: usize, value: &AnyValue) -> Value {
        let mut out = Vec::new();
        (self.model.assets[index].codec.encode)(value.as_ref(), &mut out);
        serde_json::from_slice(&out).unwrap_or_default()
    }

    fn told(&self) -> &[AssetChange] {
        self.told.get_or_init(|| {
            let applied = lock(&self.applied);
            let change = |(index, value, previous): (usize, &AnyValue, Option<&AnyValue>)| {
                let (name, previous) = (self.model.assets[index].name, previous?);
                let json = |value| self.json(index, value);
                Some(AssetChange { name, value: json(value), previous: json(previous) })
            };
            applied.iter().filter_map(change).collect()
        })
    }

    /// When the command was given.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// How many assets change: at least one.
    #[allow(clippy::len_without_is_empty, reason = "there is always one")]
    pub fn len(&self) -> usize {
        self.count
    }

    /// The changes, in the command's order.
    pub fn iter(&self) -> std::slice::Iter<'_, AssetChange> {
        self.told().iter()
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
        let applied = lock(&self.applied);
        let Some((_, value, Some(previous))) = applied.iter().find(|(it, ..)| *it == index) else {
            return Ok(None);
        };
        let asset = self.model.assets[index].name;
        let read = |value: &AnyValue| match value.as_ref().downcast_ref::<T>() {
            Some(own) => Ok(own.clone()),
            None => {
                T::decode(self.json(index, value)).map_err(|refusal| ChangesError::Type { asset, refusal })
            }
        };
        Ok(Some(Change { value: read(value)?, previous: read(previous)?, at: self.at }))
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a AssetChange;
    type IntoIter = std::slice::Iter<'a, AssetChange>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
