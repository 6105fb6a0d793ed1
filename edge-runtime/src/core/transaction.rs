//! Values by the indices or names of their assets, for whoever knows them only so.

use std::any::Any;

use jiff::Timestamp;
use serde_json::Value;

use super::{Core, SetError};
use crate::value::codec::AnyValue;

impl Core {
    /// The asset of that name or alias.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.tables.find(name)
    }

    /// The value of an asset, in JSON.
    pub(crate) fn value(&self, index: usize) -> Value {
        self.read(|values| self.asset(index).codec.json(values.field(index)))
    }

    /// What was last accepted of an asset, to be told to the platform; and when it held.
    pub(crate) fn last_known(&self, index: usize) -> (Value, Timestamp) {
        let state = self.lock();
        let own = || (&*state.encoded[index], state.times[index]);
        let (json, at) = Self::last_told(&state, index).unwrap_or_else(own);
        (serde_json::from_slice(json).expect("encoded values are JSON"), at)
    }

    /// Reads a value of an asset from JSON; whether it is one that the asset can have, is another question.
    pub(crate) fn decode(&self, index: usize, json: Value) -> Result<AnyValue, SetError> {
        self.asset(index).decode(json).map_err(|refusal| self.refused(index, refusal))
    }

    /// Whether an asset could be set to this. `scratch`: memory for its encoding.
    pub(crate) fn validate(
        &self,
        index: usize,
        value: &dyn Any,
        scratch: &mut Vec<u8>,
    ) -> Result<(), SetError> {
        self.fits(index, value)?;
        self.encode_checked(index, value, scratch)
    }
}
