//! Access to a device's assets by name, for gateways and tools: the same checks and encodings as behind typed setters and
//! getters.

use std::fmt;

use edge_proto::{Kind, Limits, Refusal};
use jiff::Timestamp;
use serde_json::Value;

use super::handle::DeviceHandle;
use super::named::{Named, OfferNamed, SetNamed};
use super::observe::Observer;
use super::offer::Offer;
use super::set::Set;
use crate::core::SetError;
use crate::value::AssetValue;
use crate::value::codec::AnyValue;

/// How near a name must be to be suggested.
const NEAR: f64 = 0.8;

/// Why an asset could not be read or set by name. Nothing was changed or published.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// The device has no asset of that name or alias.
    #[error("device `{device}` has no asset `{asset}`{}", suggestion(nearest.as_deref()))]
    UnknownAsset {
        /// The serial number.
        device: String,
        /// As it was called.
        asset: String,
        /// What may have been meant.
        nearest: Option<String>,
    },
    /// It is computed from others, and set by nobody.
    #[error("device `{device}`: `{asset}` is {kind}, it cannot be set")]
    NotSettable {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: String,
        /// What it is.
        kind: Kind,
    },
    /// Its value is none of the type as which it was to be read.
    #[error("device `{device}`, asset `{asset}`, read as another type: {refusal}")]
    Type {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: String,
        /// Why the value is none of that type.
        refusal: Refusal,
    },
    /// The value was not accepted: of the wrong type, beyond the limits, and all that a typed setter refuses.
    #[error(transparent)]
    Set(#[from] SetError),
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!(", did you mean `{nearest}`?")).unwrap_or_default()
}

/// What was last accepted of an asset, to be told to the platform: see [`DeviceHandle::last_known`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Known {
    /// The value.
    pub value: Value,
    /// When it held.
    pub at: Timestamp,
}

/// What can be given for an asset by name: JSON, text, and every [`AssetValue`]. Not every number is JSON: of those
/// that are none (NaN, infinities) it is said, and they do not become `null`.
pub trait IntoValue {
    /// The value in JSON.
    ///
    /// # Errors
    /// When it is none in JSON.
    fn into_value(self) -> Result<Value, Refusal>;
}

impl<T: AssetValue> IntoValue for T {
    fn into_value(self) -> Result<Value, Refusal> {
        self.check(&Limits::NONE)?;
        Ok(T::CODEC.json(&self))
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Result<Value, Refusal> {
        Ok(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Result<Value, Refusal> {
        Ok(self.into())
    }
}

impl DeviceHandle {
    /// The value of an asset as it is now, by its name or alias. Never touches the network.
    ///
    /// # Errors
    /// [`AccessError::UnknownAsset`].
    pub fn get(&self, name: &str) -> Result<Value, AccessError> {
        Ok(self.core().value(self.find(name)?))
    }

    /// As [`get`](Self::get), as a type: the asset's own, or any other that the value fits. No coercion: `1.5` is no
    /// `u8`, and `"1"` no number.
    ///
    /// # Errors
    /// [`AccessError::UnknownAsset`], [`AccessError::Type`].
    pub fn get_as<T: AssetValue>(&self, name: &str) -> Result<T, AccessError> {
        let (core, index) = (self.core(), self.find(name)?);
        let own = core.read(|values| values.field(index).downcast_ref::<T>().cloned());
        own.map_or_else(|| T::decode(core.value(index)), Ok).map_err(|refusal| AccessError::Type {
            device: self.id().to_string(),
            asset: core.model.assets[index].name.to_owned(),
            refusal,
        })
    }

    /// Sets an asset by its name or alias: the same as its typed setter. Nothing is coerced: `"21.5"` is no number, and
    /// `1.5` no integer. `Ok` when the value is valid and in the outbox.
    ///
    /// ```
    /// # use edge_runtime::{Device, testing::MemoryPlatform};
    /// use edge_runtime::AccessError;
    /// # #[derive(Device, Clone)]
    /// # struct Lamp { #[asset(kind = "sensor", alias = "light", max = 100)] brightness: u8 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
    /// lamp.set("brightness", 40).await?;
    /// assert_eq!(lamp.get("light")?, 40);
    /// let error = lamp.set("brightnes", 41).await.unwrap_err();
    /// assert_eq!(error.to_string(), "device `LAMP-1` has no asset `brightnes`, did you mean `brightness`?");
    /// assert!(matches!(lamp.set("brightness", "bright").await, Err(AccessError::Set(_))));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// See [`AccessError`].
    ///
    /// # Cancel safety
    /// As of a typed setter: see [`Set`].
    pub fn set(&self, name: &str, value: impl IntoValue) -> SetNamed<'_> {
        let value = self.read_value(name, value);
        SetNamed(Named::new(value.map(|(index, value)| Set::new(self, index, value))))
    }

    /// Offers a value to an asset by its name or alias, through its pipeline: the same as its typed `offer_temperature`. What
    /// comes out is set; `Ok(None)` when nothing does, or nothing yet. Nothing is coerced.
    ///
    /// ```
    /// # use edge_runtime::{Device, testing::MemoryPlatform};
    /// use edge_runtime::policy::Pipeline;
    /// # #[derive(Device, Clone)]
    /// # struct Lamp { #[asset(kind = "sensor", max = 100)] brightness: u8 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
    /// lamp.set_pipeline("brightness", Pipeline::<u8>::new().filter(|v| *v < 50))?;
    /// assert!(lamp.offer("brightness", 70).await?.is_none());
    /// assert!(lamp.offer("brightness", 40).await?.is_some());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// See [`AccessError`].
    ///
    /// # Cancel safety
    /// As of a typed one: see [`Offer`].
    pub fn offer(&self, name: &str, value: impl IntoValue) -> OfferNamed<'_> {
        let value = self.read_value(name, value);
        OfferNamed(Named::new(value.map(|(index, value)| Offer::new(self, index, value))))
    }

    /// Observes an asset by its name or alias from now on, as `device.observe_temperature()` does: every state that it comes
    /// to have, with the one before, as JSON.
    ///
    /// ```
    /// # use edge_runtime::{Device, testing::MemoryPlatform};
    /// # #[derive(Device, Clone)]
    /// # struct Lamp { #[asset(kind = "sensor", max = 100)] brightness: u8 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
    /// let mut seen = lamp.observe("brightness")?;
    /// lamp.set("brightness", 40).await?;
    /// let change = seen.recv().await.expect("the device runs");
    /// assert_eq!((change.previous, change.value), (0.into(), 40.into()));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// [`AccessError::UnknownAsset`].
    pub fn observe(&self, name: &str) -> Result<Observer<Value>, AccessError> {
        Ok(Observer::in_json(self, self.find(name)?))
    }

    /// What was last accepted of an asset to be told to the platform, and when it held: the first state, until something
    /// else is set. It may be on its way to the disk still. Whether the platform has it by now, only a [`Receipt`](super::Receipt) says.
    ///
    /// It differs from [`get`](Self::get) where a value is kept back, by a rule of its asset.
    ///
    /// # Errors
    /// [`AccessError::UnknownAsset`].
    pub fn last_known(&self, name: &str) -> Result<Known, AccessError> {
        let (value, at) = self.core().last_known(self.find(name)?);
        Ok(Known { value, at })
    }

    pub(super) fn find(&self, name: &str) -> Result<usize, AccessError> {
        self.core().find(name).ok_or_else(|| AccessError::UnknownAsset {
            device: self.id().to_string(),
            asset: name.to_owned(),
            nearest: nearest(name, self.model().names().map(|(name, _)| name)),
        })
    }

    /// An asset that is not computed.
    pub(super) fn settable(&self, name: &str) -> Result<usize, AccessError> {
        let index = self.find(name)?;
        let asset = &self.model().assets[index];
        if asset.kind == Kind::Virtual {
            let (device, asset, kind) = (self.id().to_string(), asset.name.to_owned(), asset.kind);
            return Err(AccessError::NotSettable { device, asset, kind });
        }
        Ok(index)
    }

    /// The asset, and a value of its type.
    pub(super) fn read_value(
        &self,
        name: &str,
        value: impl IntoValue,
    ) -> Result<(usize, AnyValue), AccessError> {
        let (core, index) = (self.core(), self.settable(name)?);
        let (device, name) = (self.id().to_string(), core.model.assets[index].name.to_owned());
        let json =
            value.into_value().map_err(|refusal| SetError::Refused { device, asset: name, refusal })?;
        Ok((index, core.decode(index, json)?))
    }
}

/// The nearest of the names, if one is near.
fn nearest(found: &str, names: impl Iterator<Item = &'static str>) -> Option<String> {
    let found = found.to_ascii_lowercase();
    let rate = |name: &str| strsim::jaro_winkler(&found, &name.to_ascii_lowercase());
    let rated = names.map(|name| (rate(name), name)).filter(|(rate, _)| *rate > NEAR);
    rated.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, name)| name.to_owned())
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.value, self.at)
    }
}
