//! The futures with which alerts are raised and data submitted.

use std::any::Any;
use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use edge_proto::payload::{FormatKind, Severity};
use jiff::Timestamp;
use serde_json::Value;

use super::awaited::await_first;
use super::handle::DeviceHandle;
use super::set::{Receipt, Storing};
use crate::alert::{self, Alert, DeclaredAlert, DeclaredFormat, FormatModel, Report, ReportError};
use crate::core::Core;
use crate::model::FieldModel;
use crate::outbox::Said;
use crate::policy::MadeAlert;
use crate::storage::Uploading;
use crate::value::codec::AnyValue;

await_first!(['a] Submit<'a>, ['a] Raise<'a>);

/// Data on their way: `Ok` when they are valid and in the outbox; where they are stored, when they are on the disk.
///
/// Waits while the outbox is full. The files of [`StorageObject`](crate::StorageObject)s in the fields are uploaded first. Cancel safe:
/// dropped before it is ready, it has done nothing; dropped while it is being stored, it is as if it had been awaited.
#[must_use = "nothing is submitted unless this is awaited"]
pub struct Submit<'a> {
    core: &'a Core,
    said: Option<Said>,
    refused: Option<ReportError>,
    /// Another one than is declared.
    severity: Option<Severity>,
    at: Option<Timestamp>,
    /// What has objects that must be at the platform before it can be said.
    waiting: Option<Box<Waiting>>,
    /// Where it must be stored before it is done.
    storing: Storing,
}

impl<'a> Submit<'a> {
    pub(crate) fn new<R: Report>(handle: &'a DeviceHandle, report: &R) -> Self {
        Self::of(handle, R::MODEL, &report.fields())
    }

    fn of(handle: &'a DeviceHandle, model: &'static FormatModel, fields: &[&dyn Any]) -> Self {
        let core = handle.core();
        let id = &core.origin.id;
        let missing = alert::missing(id, model, fields);
        if missing.is_empty() {
            return Self::decided(core, alert::of_fields(id, model, fields));
        }
        // What can be known to be wrong is not uploaded for.
        let is_whole = |field: &FieldModel| missing.iter().all(|missing| missing.of != field.name);
        match alert::check(id, model, fields, is_whole) {
            Ok(()) => {
                let uploading = Uploading::new(missing, || handle.storage());
                let waiting = Waiting { model, fields: alert::copies(model, fields), uploading };
                Self { waiting: Some(Box::new(waiting)), ..Self::nothing(core) }
            }
            Err(error) => Self::decided(core, Err(error)),
        }
    }

    fn by_name(handle: &'a DeviceHandle, kind: FormatKind, name: &str, value: Value) -> Self {
        let core = handle.core();
        match core.model.format(kind, name) {
            Some(model) => Self::decided(core, alert::of_value(&core.origin.id, model, value)),
            None => {
                let declared = core.model.formats.iter().filter(|format| format.kind == kind);
                let error = ReportError::Unknown {
                    device: core.origin.id.to_string(),
                    kind,
                    name: name.to_owned(),
                    known: declared.map(|format| format.name).collect(),
                };
                Self::decided(core, Err(error))
            }
        }
    }

    fn decided(core: &'a Core, said: Result<Said, ReportError>) -> Self {
        match said {
            Ok(said) => Self { said: Some(said), ..Self::nothing(core) },
            Err(error) => Self { refused: Some(error), ..Self::nothing(core) },
        }
    }

    fn nothing(core: &'a Core) -> Self {
        let storing = Storing::default();
        Self { core, said: None, refused: None, severity: None, at: None, waiting: None, storing }
    }

    /// It held, or will hold, at this time, and not now: for what was seen earlier, or elsewhere.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }

    fn poll_accepted(&mut self, context: &mut Context<'_>) -> Poll<Result<Receipt, ReportError>> {
        let Self { core, said, refused, severity, at, waiting, storing } = self;
        if let Some(error) = refused.take() {
            return Poll::Ready(Err(error));
        }
        if let Some(unsaid) = waiting {
            let brought = ready!(unsaid.poll_said(core, *at, context));
            *waiting = None;
            *said = Some(brought?);
        }
        if let (Some(said), Some(severity)) = (said.as_mut(), severity.take()) {
            said.severity = Some(severity);
        }
        storing.poll(core, context, |waiter| core.poll_report(said, *at, waiter))
    }
}

/// A report whose objects are on their way to the platform.
struct Waiting {
    model: &'static FormatModel,
    fields: Vec<AnyValue>,
    uploading: Uploading,
}

impl Waiting {
    /// What it says, when they are there.
    fn poll_said(
        &mut self,
        core: &Core,
        at: Option<Timestamp>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Said, ReportError>> {
        let Self { model, fields, uploading } = self;
        let fields = alert::fields_of(fields);
        let not_said = |error| core.not_said(model, &alert::told(model, &fields), error);
        ready!(uploading.poll(context, || core.may_say(at), not_said))?;
        Poll::Ready(alert::of_fields(&core.origin.id, model, &fields))
    }
}

impl Future for Submit<'_> {
    type Output = Result<Receipt, ReportError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_accepted(context)
    }
}

impl fmt::Debug for Submit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.said.as_ref().map(|said| &said.name);
        f.debug_struct("Submit").field("name", &name).finish_non_exhaustive()
    }
}

/// An alert on its way: `Ok` when it is valid and in the outbox; where it is stored, when it is on the disk.
///
/// Waits, stores and uploads as [`Submit`] does, and is as cancel safe.
#[derive(Debug)]
#[must_use = "nothing is raised unless this is awaited"]
pub struct Raise<'a>(Submit<'a>);

impl<'a> Raise<'a> {
    pub(crate) fn new<R: Alert>(handle: &'a DeviceHandle, alert: &R) -> Self {
        Self(Submit::new(handle, alert))
    }

    /// One that a pipeline has made.
    pub(super) fn made(handle: &'a DeviceHandle, alert: &dyn MadeAlert) -> Self {
        Self(Submit::of(handle, alert.model(), &alert.fields()))
    }

    /// It held, or will hold, at this time, and not now: for what was seen earlier, or elsewhere.
    pub fn at(self, time: Timestamp) -> Self {
        Self(self.0.at(time))
    }

    /// It matters this time more, or less, than its declaration says.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.severity = Some(severity);
        self
    }
}

impl Future for Raise<'_> {
    type Output = Result<Receipt, ReportError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_accepted(context)
    }
}

/// Alerts and data by name, for gateways and tools, and what is said of devices that declare none.
impl DeviceHandle {
    /// Raises an alert that the device declares, by its name, with its fields as a JSON object. Checked as a struct of
    /// it is: a field that is missing, unknown, of the wrong type or beyond its limits is an error, and nothing is
    /// raised.
    ///
    /// ```
    /// # use edge_runtime::{Alert, Device, testing::MemoryPlatform};
    /// use serde_json::json;
    /// # #[derive(Alert)]
    /// # struct DoorOpen { minutes: u32 }
    /// # #[derive(Device, Clone)]
    /// # #[device(alert(DoorOpen))]
    /// # struct Fridge { #[asset] open: bool }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let platform = MemoryPlatform::new().platform();
    /// # let fridge = platform.device("FRIDGE-1", Fridge { open: true }).connect().await?;
    /// fridge.raise_by_name("door-open", json!({ "minutes": 7 })).await?;
    /// let error = fridge.raise_by_name("door-open", json!({})).await.unwrap_err();
    /// assert_eq!(error.to_string(), "device `FRIDGE-1`, alert `door-open`: the field `minutes` is missing");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn raise_by_name(&self, name: &str, fields: Value) -> Raise<'_> {
        Raise(Submit::by_name(self, FormatKind::Alert, name, fields))
    }

    /// Submits data of a format that the device declares, by its name: see [`raise_by_name`](Self::raise_by_name).
    pub fn submit_by_name(&self, name: &str, fields: Value) -> Submit<'_> {
        Submit::by_name(self, FormatKind::Data, name, fields)
    }

    /// A device that declares alerts has a method of its own.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn raise<A: DeclaredAlert>(&self, _: A) -> Pending<Result<Receipt, ReportError>> {
        pending()
    }

    /// A device that declares formats has a method of its own.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn submit<F: DeclaredFormat>(&self, _: F) -> Pending<Result<Receipt, ReportError>> {
        pending()
    }
}
