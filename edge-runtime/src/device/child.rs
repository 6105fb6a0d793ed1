//! Child devices: how a parent's struct and its handler bring them along.

use std::any::{Any, TypeId};
use std::fmt;

use super::{Device, DeviceHandle, Dispatch, NoHandler};
use crate::dispatch::{Acted, Call, Changes, Command, Dispatched, Handler, Told};
use crate::failures::ErrorEvent;
use crate::model::ChildModel;
use crate::value::Values;
use crate::value::codec::of_mut;
use crate::value::whole::owned;

impl ChildModel {
    /// A child of type `D`; written by the derive.
    pub const fn of<D: Device>(name: &'static str) -> Self {
        Self {
            name,
            model: D::MODEL,
            copy: copy::<D>,
            assign: |field, values| *of_mut::<D>(field) = owned(values),
        }
    }
}

/// A copy of a device's struct.
pub(crate) fn copy<D: Device>(device: &mut dyn Any) -> Box<dyn Values> {
    Box::new(of_mut::<D>(device).clone())
}

/// A handler of devices of type `D`: every type that implements the handler trait of `D`, and
/// [`NoHandler`](crate::NoHandler) where there is nothing that must be handled.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle the commands of `{D}`",
    label = "no handler for `{D}`",
    note = "implement `{D}Handler` for a type of yours and give it here; a device without actuators, actions and children needs no handler"
)]
pub trait HandlerOf<D>: Sized + Send + 'static {
    /// The handler with its device, and the handlers of the device's children.
    #[doc(hidden)]
    fn attach(self, device: DeviceHandle) -> Handlers;
}

#[diagnostic::do_not_recommend]
impl<D: Device + Dispatch<H, Handle = <D as Device>::Handle>, H: Send + 'static> HandlerOf<D> for H {
    fn attach(mut self, device: DeviceHandle) -> Handlers {
        let children = D::children(&mut self);
        Handlers { own: Box::new(Bound::<D, H> { handler: self, device: D::handle(device) }), children }
    }
}

/// Devices that start without a handler: neither they nor their children have an actuator.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is started without a handler, and has commands that need one",
    label = "`.handler(..)` is missing before it",
    note = "implement `{Self}Handler` for a type of yours, and give it to `.handler(..)`"
)]
pub trait Unattended: Device {
    /// What stands in for the handler.
    #[doc(hidden)]
    fn nobody() -> impl HandlerOf<Self>;
}

#[diagnostic::do_not_recommend]
impl<D: Device + Dispatch<NoHandler, Handle = <D as Device>::Handle>> Unattended for D {
    #[allow(refining_impl_trait, reason = "the trait says less, so that its bound is one")]
    fn nobody() -> NoHandler {
        NoHandler
    }
}

/// The handler of a device, and those of its children.
pub struct Handlers {
    pub(crate) own: Box<dyn Handler>,
    pub(crate) children: Vec<ChildHandler>,
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("children", &self.children.len()).finish_non_exhaustive()
    }
}

/// The handler of a child that does not run yet.
pub struct ChildHandler(Box<dyn FnOnce(DeviceHandle) -> Handlers + Send>);

impl ChildHandler {
    /// Of a child of type `D`.
    pub fn of<D, H: HandlerOf<D>>(handler: H) -> Self {
        Self(Box::new(|device| handler.attach(device)))
    }

    pub(crate) fn attach(self, device: DeviceHandle) -> Handlers {
        (self.0)(device)
    }
}

impl fmt::Debug for ChildHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChildHandler")
    }
}

/// A handler and its device's handle, of whatever types.
struct Bound<D: Device, H> {
    handler: H,
    device: D::Handle,
}

impl<D: Device + Dispatch<H, Handle = <D as Device>::Handle>, H: Send + 'static> Handler for Bound<D, H> {
    fn dispatch(&mut self, command: Command) -> Dispatched<'_> {
        D::dispatch(&mut self.handler, &self.device, command)
    }

    fn act(&mut self, mut call: Call) -> Acted<'_> {
        D::act(&mut self.handler, &self.device, &mut call)
    }

    fn changed<'a>(&'a mut self, changes: &'a Changes) -> Acted<'a> {
        D::changed(&mut self.handler, &self.device, changes)
    }

    fn failed<'a>(&'a mut self, error: &'a ErrorEvent) -> Told<'a> {
        D::failed(&mut self.handler, &self.device, error)
    }

    fn hears_errors(&self) -> bool {
        TypeId::of::<H>() != TypeId::of::<NoHandler>()
    }
}
