//! The futures with which alerts are raised and data submitted.

use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use edge_proto::payload::{FormatKind, Severity};
use jiff::Timestamp;
use serde_json::Value;

use super::error::DeliveryError;
use super::handle::DeviceHandle;
use super::set::{Awaited, Receipt, Storing, upload};
use crate::alert::{Alert, Declared, Encoded, Format, FormatModel, Report, ReportError, of_fields, of_value};
use crate::core::Core;
use crate::failures::ErrorCause;
use crate::future::BoxFuture;
use crate::outbox::Said;
use crate::policy::MadeAlert;
use crate::storage::StorageObject;

/// Data on their way: `Ok` when they are valid and in the outbox; where they are stored, when they are on the disk.
///
/// Waits while the outbox is full. The files of [`StorageObject`]s in the fields are uploaded first. Cancel safe:
/// dropped before it is ready, it has done nothing; dropped while it is being stored, it is as if it had been awaited.
#[must_use = "nothing is submitted unless this is awaited"]
pub struct Submit<'a> {
    core: &'a Core,
    said: Option<Said>,
    refused: Option<ReportError>,
    at: Option<Timestamp>,
    /// What of it must be at the platform before it is accepted.
    uploading: Option<BoxFuture<'static, Result<(), ReportError>>>,
    /// Where it must be stored before it is done.
    storing: Storing,
}

impl<'a> Submit<'a> {
    pub(crate) fn new<R: Report>(handle: &'a DeviceHandle, report: &R) -> Self {
        let core = handle.core();
        Self::encoded(handle, R::MODEL, of_fields(&core.origin.id, R::MODEL, &report.fields()))
    }

    fn by_name(handle: &'a DeviceHandle, kind: FormatKind, name: &str, value: Value) -> Self {
        let core = handle.core();
        match core.model.format(kind, name) {
            Some(model) => Self::encoded(handle, model, of_value(&core.origin.id, model, value)),
            None => {
                let declared = core.model.formats.iter().filter(|format| format.kind == kind);
                Self::refused(
                    core,
                    ReportError::Unknown {
                        device: core.origin.id.to_string(),
                        kind,
                        name: name.to_owned(),
                        known: declared.map(|format| format.name).collect(),
                    },
                )
            }
        }
    }

    fn encoded(
        handle: &'a DeviceHandle,
        model: &'static FormatModel,
        encoded: Result<Encoded, ReportError>,
    ) -> Self {
        let core = handle.core();
        match encoded {
            Ok(Encoded { said, mut objects }) => {
                objects.retain(|(_, object)| object.must_upload());
                let uploading = (!objects.is_empty()).then(|| bring(handle, model, objects));
                Self {
                    core,
                    said: Some(said),
                    refused: None,
                    at: None,
                    uploading,
                    storing: Storing::default(),
                }
            }
            Err(error) => Self::refused(core, error),
        }
    }

    fn refused(core: &'a Core, error: ReportError) -> Self {
        let storing = Storing::default();
        Self { core, said: None, refused: Some(error), at: None, uploading: None, storing }
    }

    /// It held, or will hold, at this time, and not now: for what was seen earlier, or elsewhere.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }

    fn poll_accepted(&mut self, context: &mut Context<'_>) -> Poll<Result<Receipt, ReportError>> {
        let Self { core, said, refused, at, uploading, storing } = self;
        if let Some(error) = refused.take() {
            return Poll::Ready(Err(error));
        }
        if let Some(upload) = uploading {
            let uploaded = ready!(upload.as_mut().poll(context));
            *uploading = None;
            uploaded.inspect_err(|error| not_uploaded(core, said.as_ref(), error))?;
        }
        storing.poll(core, context, |context| core.poll_report(said, *at, context))
    }
}

/// A report is not accepted because an object in it was not uploaded.
fn not_uploaded(core: &Core, said: Option<&Said>, error: &ReportError) {
    if let (Some(said), ReportError::Storage { source, .. }) = (said, error) {
        core.origin.failed(said.sending(), ErrorCause::Upload(Arc::clone(source)));
    }
}

/// Brings the objects of a report to the platform, one after the other.
fn bring(
    handle: &DeviceHandle,
    model: &'static FormatModel,
    objects: Vec<(&'static str, StorageObject)>,
) -> BoxFuture<'static, Result<(), ReportError>> {
    let storage = handle.storage();
    Box::pin(async move {
        for (field, object) in objects {
            upload(&storage, field, vec![object]).await.map_err(|source| ReportError::Storage {
                device: storage.device().to_string(),
                kind: model.kind,
                name: model.name.to_owned(),
                field,
                source: Arc::new(source),
            })?;
        }
        Ok(())
    })
}

impl Future for Submit<'_> {
    type Output = Result<Receipt, ReportError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.poll_accepted(context)
    }
}

impl Submit<'_> {
    /// For those who forget to await it: it cannot be called.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn delivered(self) -> Pending<Result<(), DeliveryError>>
    where
        Self: Awaited,
    {
        pending()
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
        let (id, model) = (&handle.core().origin.id, alert.model());
        Self(Submit::encoded(handle, model, of_fields(id, model, &alert.fields())))
    }

    /// It held, or will hold, at this time, and not now: for what was seen earlier, or elsewhere.
    pub fn at(self, time: Timestamp) -> Self {
        Self(self.0.at(time))
    }

    /// It matters this time more, or less, than its declaration says.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.0.said.iter_mut().for_each(|said| said.severity = Some(severity));
        self
    }

    /// For those who forget to await it: it cannot be called.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn delivered(self) -> Pending<Result<(), DeliveryError>>
    where
        Self: Awaited,
    {
        pending()
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
    pub fn raise<A: Alert + Declared>(&self, _: A) -> Pending<Result<Receipt, ReportError>> {
        pending()
    }

    /// A device that declares formats has a method of its own.
    #[doc(hidden)]
    #[must_use = "it is never ready"]
    pub fn submit<F: Format + Declared>(&self, _: F) -> Pending<Result<Receipt, ReportError>> {
        pending()
    }
}
