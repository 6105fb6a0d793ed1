//! Devices: the trait that the derive implements, the builder that starts one, and the handle of a
//! running one.

mod access;
mod awaited;
mod builder;
mod child;
mod dynamic;
mod error;
mod handle;
mod listener;
mod named;
mod observe;
mod offer;
mod pipelines;
mod place;
mod raise;
mod set;
mod startup;
mod timer;
mod transaction;

use std::any::Any;

pub use access::{AccessError, IntoValue, Known};
pub(crate) use builder::Attachment;
pub use builder::{DeviceBuilder, Handled, Unhandled};
pub(crate) use child::copy;
pub use child::{ChildHandler, HandlerOf, Handlers, Unattended};
pub use dynamic::{Dynamic, DynamicDevice, DynamicError, DynamicHandled, DynamicHandler};
pub use error::{ConnectError, DeliveryError, RemoveError};
pub use handle::DeviceHandle;
pub use listener::{ListenError, Listener};
pub use named::{OfferNamed, SetNamed};
pub use observe::{Errors, Observed, Observer};
pub use offer::{Offer, PipelineError};
pub use raise::{Raise, Submit};
pub use set::{Receipt, ReceiptId, ReceiptIdError, Set, UnknownReceipt, Update};
pub use transaction::{Finish, Transaction};

use crate::dispatch::{Acted, Call, Changes, Command, Dispatched, Told, act, agree, ignore, told};
use crate::failures::ErrorEvent;
use crate::model::DeviceModel;
use crate::value::Values;

/// A struct that declares a device. Implemented by `#[derive(Device)]`; see
/// [`attributes`](crate::attributes) for what can be written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a device",
    label = "not a device",
    note = "add `#[derive(Device, Clone)]` to the struct and `#[asset(kind = \"..\")]` to its fields; what is meant is the struct, `Lamp`, and not its handle, `LampDevice`"
)]
pub trait Device: Clone + Send + 'static {
    /// What the struct declares.
    const MODEL: &'static DeviceModel;

    /// The handle of a running device, such as `GreenhouseDevice`.
    type Handle: Clone + Send + Sync + 'static;

    /// The handle, of what all handles have in common.
    #[doc(hidden)]
    fn handle(device: DeviceHandle) -> Self::Handle;

    /// The field of an asset, by its index in the model.
    #[doc(hidden)]
    fn field(&mut self, index: usize) -> &mut dyn Any;

    /// The field of a child device, by its index in the model.
    #[doc(hidden)]
    fn child(&mut self, index: usize) -> &mut dyn Any {
        unreachable!("the model has no child {index}")
    }

    /// The handler of a child of this type.
    #[doc(hidden)]
    fn handled_by(handler: impl HandlerOf<Self>) -> ChildHandler {
        ChildHandler::of::<Self, _>(handler)
    }

    /// Computes the virtual assets, in the order of their dependencies.
    #[doc(hidden)]
    fn recompute(&mut self) {}
}

/// Brings commands to the handler `H` of a device. Implemented by `#[derive(Device)]` for every type
/// that implements the generated handler trait.
// Not `: Device`, or rustc would say twice what keeps a struct from being one.
pub trait Dispatch<H>: Sized {
    /// As in [`Device`].
    type Handle;

    /// Calls the handler's method for the command's asset.
    #[doc(hidden)]
    fn dispatch<'a>(handler: &'a mut H, device: &'a Self::Handle, command: Command) -> Dispatched<'a> {
        let _ = (handler, device);
        command.unhandled()
    }

    /// Calls the handler's method for an action.
    #[doc(hidden)]
    fn act<'a>(handler: &'a mut H, device: &'a Self::Handle, call: &mut Call) -> Acted<'a> {
        let _ = (handler, device);
        call.unhandled()
    }

    /// Asks the handler whether all that a command changes may be so.
    #[doc(hidden)]
    fn changed<'a>(handler: &'a mut H, device: &'a Self::Handle, changes: &'a Changes) -> Acted<'a> {
        let _ = handler;
        act(agree(device, changes))
    }

    /// Tells the handler that something was not delivered.
    #[doc(hidden)]
    fn failed<'a>(handler: &'a mut H, device: &'a Self::Handle, error: &'a ErrorEvent) -> Told<'a> {
        let _ = handler;
        told(ignore(device, error))
    }

    /// The handlers of the child devices, in the model's order.
    #[doc(hidden)]
    fn children(handler: &mut H) -> Vec<ChildHandler> {
        let _ = handler;
        Vec::new()
    }
}

/// The handler of devices that have nothing to handle, or only configs that are accepted as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHandler;

impl<D: Device> Values for D {
    fn field(&mut self, index: usize) -> &mut dyn Any {
        Device::field(self, index)
    }

    fn child(&mut self, index: usize) -> &mut dyn Any {
        Device::child(self, index)
    }

    fn recompute(&mut self) {
        Device::recompute(self);
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
