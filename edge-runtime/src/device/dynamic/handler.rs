//! The commands of a device without a struct: to one method, or one closure, for all of its assets.

use std::future::{Future, ready};

use serde_json::{Map, Value};

use super::DynamicDevice;
use crate::dispatch::{
    Acted, Call, Change, Changes, Command, Dispatched, Handler, HandlerError, HandlerResult, Told, act,
    agree, ignore, told,
};
use crate::failures::ErrorEvent;
use crate::model::AssetModel;

/// What is said where nobody handles something.
const NOBODY: &str = "nobody handles it";

/// Handles the commands and actions of a [`DynamicDevice`], and hears what is not delivered: what the handler trait of a
/// struct is, with names in place of methods. A closure of the device, the asset's name and the change handles commands.
///
/// ```
/// use edge_runtime::{Change, DynamicDevice, DynamicHandler, HandlerResult, Value};
///
/// struct Relays;
///
/// impl DynamicHandler for Relays {
///     async fn on_command(
///         &mut self,
///         device: &DynamicDevice,
///         name: &str,
///         change: Change<Value>,
///     ) -> HandlerResult<Value> {
///         Ok(change.value) // what was really applied
///     }
/// }
/// ```
pub trait DynamicHandler: Send + 'static {
    /// Applies a command to an asset, which is called by its name, and returns the value that was really applied. An
    /// error rejects the command. The command was checked; the value that is returned is checked as well.
    fn on_command(
        &mut self,
        device: &DynamicDevice,
        name: &str,
        change: Change<Value>,
    ) -> impl Future<Output = HandlerResult<Value>> + Send;

    /// Does what an action says. The arguments were checked; one that was left out is `null`. An error rejects the action.
    /// Without a body: every action is rejected.
    fn on_action(
        &mut self,
        device: &DynamicDevice,
        name: &str,
        arguments: Map<String, Value>,
    ) -> impl Future<Output = HandlerResult<()>> + Send {
        let _ = (device, name, arguments);
        ready(Err(HandlerError::rejected(NOBODY)))
    }

    /// All that one command changes, once, after [`on_command`](Self::on_command) has applied each of its values. An error
    /// refuses the command: nothing of it becomes the state. Without a body: it may be so.
    fn on_change(
        &mut self,
        device: &DynamicDevice,
        changes: &Changes,
    ) -> impl Future<Output = HandlerResult<()>> + Send {
        agree(device, changes)
    }

    /// Something of the device's was not delivered, or not yet: see [`ErrorEvent`].
    fn on_error(&mut self, device: &DynamicDevice, error: &ErrorEvent) -> impl Future<Output = ()> + Send {
        ignore(device, error)
    }
}

impl<F, A> DynamicHandler for F
where
    F: FnMut(DynamicDevice, String, Change<Value>) -> A + Send + 'static,
    A: Future<Output = HandlerResult<Value>> + Send,
{
    fn on_command(
        &mut self,
        device: &DynamicDevice,
        name: &str,
        change: Change<Value>,
    ) -> impl Future<Output = HandlerResult<Value>> + Send {
        self(device.clone(), name.to_owned(), change)
    }
}

/// A handler with its device.
pub(super) struct Bound<H> {
    pub(super) handler: H,
    pub(super) device: DynamicDevice,
}

impl<H: DynamicHandler> Handler for Bound<H> {
    fn dispatch(&mut self, command: Command) -> Dispatched<'_> {
        let asset: &AssetModel = &self.device.model().assets[command.index];
        let json = |value: &_| asset.codec.json(value);
        let (value, previous) = (json(command.value.as_ref()), json(command.previous.as_ref()));
        let change = Change { value, previous, at: command.at };
        Box::pin(async move {
            let applied = self.handler.on_command(&self.device, asset.name, change).await?;
            asset.decode(applied).map_err(|refusal| {
                HandlerError::failed(format!("the handler applied what is no valid value: {refusal}"))
            })
        })
    }

    fn act(&mut self, call: Call) -> Acted<'_> {
        let action = &self.device.model().actions[call.index];
        let arguments = action.arguments.iter().zip(&call.arguments);
        let arguments = arguments
            .map(|(model, value)| (model.name.to_owned(), model.codec.json(value.as_ref())))
            .collect();
        act(self.handler.on_action(&self.device, action.name, arguments))
    }

    fn changed<'a>(&'a mut self, changes: &'a Changes) -> Acted<'a> {
        act(self.handler.on_change(&self.device, changes))
    }

    fn failed<'a>(&'a mut self, error: &'a ErrorEvent) -> Told<'a> {
        told(self.handler.on_error(&self.device, error))
    }
}

/// Where there is no handler.
pub(super) struct Nobody;

impl Handler for Nobody {
    fn dispatch(&mut self, _: Command) -> Dispatched<'_> {
        Box::pin(ready(Err(HandlerError::rejected(NOBODY))))
    }

    fn hears_errors(&self) -> bool {
        false
    }
}
