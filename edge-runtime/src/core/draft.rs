//! Transactions with objects that are not at the platform yet: what they change is kept until all of them are, and nobody
//! waits for that.

use std::any::Any;

use edge_proto::Kind;

use super::{Core, SetError};
use crate::outbox::OfStore;
use crate::storage::{Missing, NotUploaded};
use crate::value::Values;
use crate::value::codec::AnyValue;

/// A device's share of a transaction over a tree.
pub(super) struct Part<'a> {
    pub(super) core: &'a Core,
    pub(super) values: Box<dyn Values>,
}

/// What a transaction makes of a struct, until its objects are at the platform.
pub(crate) struct Draft<'a>(Vec<Share<'a>>);

struct Share<'a> {
    part: Part<'a>,
    /// What it sets.
    set: Vec<usize>,
}

/// Why a transaction is not accepted, or not yet.
pub(crate) enum Unaccepted<'a> {
    Refused(SetError),
    Waits(Draft<'a>, Vec<Missing>),
}

impl From<SetError> for Unaccepted<'_> {
    fn from(error: SetError) -> Self {
        Self::Refused(error)
    }
}

impl OfStore for Unaccepted<'_> {
    fn full(device: String) -> Self {
        Self::Refused(SetError::full(device))
    }

    fn failed(device: String, reason: String) -> Self {
        Self::Refused(SetError::failed(device, reason))
    }
}

impl Core {
    /// The objects in a value that are not at the platform.
    pub(crate) fn missing(&self, index: usize, value: &dyn Any) -> Vec<Missing> {
        let asset = self.asset(index);
        Missing::of(&self.origin.id, asset.name, asset.name, &asset.codec, value)
    }
}

impl<'a> Part<'a> {
    fn settable(&self) -> impl Iterator<Item = usize> + use<'a> {
        let assets = self.core.model.assets.iter().enumerate();
        assets.filter(|(_, asset)| asset.kind != Kind::Virtual).map(|(index, _)| index)
    }

    pub(super) fn missing(&mut self) -> Vec<Missing> {
        let (all, Self { core, values }) = (self.settable(), self);
        all.flat_map(|index| core.missing(index, values.field(index))).collect()
    }

    /// What it sets. What can be known to be wrong is not uploaded for.
    fn set(&mut self) -> Result<Vec<usize>, SetError> {
        let (mut set, mut scratch) = (Vec::new(), Vec::new());
        for index in self.settable() {
            let value = self.values.field(index);
            if !self.core.missing(index, value).is_empty()
                || self.core.encode(index, value, &mut scratch)? != self.core.lock().encoded[index]
            {
                set.push(index);
            }
        }
        Ok(set)
    }
}

impl<'a> Draft<'a> {
    /// # Errors
    /// When something that it sets does not fit its asset.
    pub(super) fn of(parts: Vec<Part<'a>>) -> Result<Self, SetError> {
        let share = |mut part: Part<'a>| Ok(Share { set: part.set()?, part });
        parts.into_iter().map(share).collect::<Result<_, _>>().map(Self)
    }

    /// The whole struct, with all that it does not set as that is now. Leaves nothing.
    pub(super) fn take(&mut self) -> Vec<Part<'a>> {
        let now = |Share { mut part, set }: Share<'a>| {
            let core = part.core;
            for index in part.settable().filter(|index| !set.contains(index)) {
                let mut value = core.current(index);
                (core.asset(index).codec.swap)(part.values.field(index), value.as_mut());
            }
            part
        };
        std::mem::take(&mut self.0).into_iter().map(now).collect()
    }

    /// An object in it was not uploaded: who listens at its device hears of all that was to be set there.
    pub(crate) fn not_uploaded(&mut self, error: NotUploaded) -> SetError {
        for Share { part: Part { core, values }, set } in &mut self.0 {
            if core.origin.id == error.device {
                let copy = |index: &usize| (*index, (core.asset(*index).codec.copy)(values.field(*index)));
                let states: Vec<(usize, AnyValue)> = set.iter().map(copy).collect();
                return core.not_uploaded(states.iter().map(|(index, value)| (*index, value)), error);
            }
        }
        error.into()
    }
}
