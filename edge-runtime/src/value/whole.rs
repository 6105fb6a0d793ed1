//! The whole struct of a device, whatever its type.

use std::any::Any;

/// The user's struct, by index.
pub(crate) trait Values: Send {
    /// The field of an asset.
    fn field(&mut self, index: usize) -> &mut dyn Any;
    /// The field of a child device.
    fn child(&mut self, index: usize) -> &mut dyn Any;
    /// Computes the virtual assets.
    fn recompute(&mut self);
    /// The struct itself.
    fn as_any(&mut self) -> &mut dyn Any;
    /// The struct itself, to be taken apart.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// The struct of a device whose type is known to be `D`.
pub(crate) fn owned<D: 'static>(values: Box<dyn Values>) -> D {
    *values.into_any().downcast().expect("a device's values are its struct")
}
