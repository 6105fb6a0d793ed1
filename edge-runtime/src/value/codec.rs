//! Values of any type behind one table of functions: the device core is compiled once, not once per
//! device.

use std::any::Any;
use std::fmt;

use edge_proto::{Limits, Number, Profile, Refusal};
use serde_json::Value;

pub(crate) use super::any::AnyValue;
pub(crate) use super::written::Json;
use super::{AssetValue, json};
use crate::storage::StorageObject;

/// What can be done with values of one type. Found in every row of a model's table.
///
/// The functions take `dyn Any` of exactly that type; another one is a bug of this crate and panics.
#[derive(Clone, Copy)]
pub struct Codec {
    pub(crate) profile: fn() -> Profile,
    /// The whole profile, where there is no type that has it.
    pub(crate) schema: Option<&'static Profile>,
    pub(crate) encode: fn(&dyn Any, &mut Vec<u8>),
    pub(crate) check: fn(&dyn Any, &Limits) -> Result<(), Refusal>,
    /// The number that a value is, where its type says it.
    pub(crate) number: fn(&dyn Any) -> Option<Number>,
    pub(crate) objects: fn(&dyn Any, &mut Vec<StorageObject>),
    pub(crate) decode: fn(Value) -> Result<AnyValue, Refusal>,
    /// Puts a value into the field, and what the field was in its place: no allocation.
    pub(crate) swap: fn(&mut dyn Any, &mut dyn Any),
    pub(crate) copy: fn(&dyn Any) -> AnyValue,
    /// Takes it out of an `Option` of the type, which has one.
    pub(crate) take: fn(&mut dyn Any) -> AnyValue,
    /// Copies into an `Option` of the type: no allocation.
    pub(crate) get: fn(&dyn Any, &mut dyn Any),
}

impl fmt::Debug for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Codec").field("profile", &(self.profile)()).finish_non_exhaustive()
    }
}

impl Codec {
    /// Checks a value of the type: against the limits, and against the profile where the type does not know it.
    #[inline]
    pub(crate) fn fits(&self, value: &dyn Any, limits: &Limits) -> Result<(), Refusal> {
        if let Some(profile) = self.schema {
            json::check(profile, value)?;
        }
        (self.check)(value, limits)
    }

    /// A value that passed `check`, in JSON.
    pub(crate) fn json(&self, value: &dyn Any) -> Value {
        let mut json = Vec::new();
        (self.encode)(value, &mut json);
        serde_json::from_slice(&json).expect("encoded values are JSON")
    }
}

impl Codec {
    /// That of a type whose profile is known to have an end.
    pub(super) const fn of<T: AssetValue>() -> Self {
        Self {
            profile: T::profile,
            schema: None,
            encode: |value, out| of::<T>(value).encode(out),
            check: |value, limits| of::<T>(value).check(limits),
            number: |value| of::<T>(value).number(),
            objects: |value, found| of::<T>(value).objects(found),
            decode: |json| T::decode(json).map(AnyValue::new),
            swap: |field, value| std::mem::swap(of_mut::<T>(field), of_mut::<T>(value)),
            copy: |value| AnyValue::new(of::<T>(value).clone()),
            take: |value| AnyValue::new(of_mut::<Option<T>>(value).take().expect("there is a value to take")),
            get: |value, copy| *of_mut::<Option<T>>(copy) = Some(of::<T>(value).clone()),
        }
    }
}

const MIXED_UP: &str = "a value has the type of its asset";

pub(crate) fn of<T: 'static>(value: &dyn Any) -> &T {
    value.downcast_ref().expect(MIXED_UP)
}

pub(crate) fn of_mut<T: 'static>(value: &mut dyn Any) -> &mut T {
    value.downcast_mut().expect(MIXED_UP)
}
