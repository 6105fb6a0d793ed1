//! What several of these programs need.

use std::sync::atomic::{AtomicBool, Ordering};

use edge_runtime::{AssetValue, Profile, Refusal, Value};

/// Whether a copy of what is fragile breaks, on whatever thread it is made.
static IS_FRAGILE: AtomicBool = AtomicBool::new(false);

/// A number as a type of the user's own. One test of a program has some, because what breaks of it breaks for all.
#[derive(Debug, PartialEq)]
pub(crate) struct Fragile(pub(crate) u32);

impl Fragile {
    /// From now on copies break, or do not any more.
    pub(crate) fn set(is_fragile: bool) {
        IS_FRAGILE.store(is_fragile, Ordering::Relaxed);
    }
}

impl Clone for Fragile {
    fn clone(&self) -> Self {
        assert!(!IS_FRAGILE.load(Ordering::Relaxed), "in a copy");
        Self(self.0)
    }
}

impl AssetValue for Fragile {
    fn profile() -> Profile {
        u32::profile()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn decode(json: Value) -> Result<Self, Refusal> {
        u32::decode(json).map(Self)
    }
}
