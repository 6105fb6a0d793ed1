//! Offers: values that go through their asset's pipeline before they are set.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use serde_json::Value;

use super::access::AccessError;
use super::handle::DeviceHandle;
use super::pipelines::check;
use super::raise::Raise;
use super::set::{Receipt, Set};
use crate::alert::ReportError;
use crate::cause::chain;
use crate::core::SetError;
use crate::failures::{ErrorCause, Sending};
use crate::future::BoxFuture;
use crate::model::BoxedPipeline;
use crate::policy::{Made, MadeAlert, Pipeline, WindowError};
use crate::value::AssetValue;
use crate::value::codec::AnyValue;

/// Why an asset does not get a pipeline. The one that it had stays.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// There is no such asset, or it is computed, so that nobody offers values to it.
    #[error(transparent)]
    Access(Box<AccessError>),
    /// The asset's values are of another type.
    #[error("device `{device}`, asset `{asset}`: its values are no `{given}`")]
    Type {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: &'static str,
        /// The type of the pipeline's values.
        given: &'static str,
    },
    /// It may raise an alert that the device does not declare.
    #[error(
        "device `{device}`, asset `{asset}`: its pipeline raises `{alert}`, which the device does not declare"
    )]
    Undeclared {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: &'static str,
        /// The alert's name.
        alert: &'static str,
    },
    /// One of its windows cannot be.
    #[error("device `{device}`, asset `{asset}`: a window of its pipeline cannot be")]
    Window {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: &'static str,
        /// What is wrong with it.
        source: WindowError,
    },
}

impl From<AccessError> for PipelineError {
    fn from(error: AccessError) -> Self {
        Self::Access(Box::new(error))
    }
}

/// An offer under way: what its asset's pipeline makes of a value, is set. `Ok(None)` when nothing comes out of the
/// pipeline, or nothing yet.
///
/// Without a pipeline it is the setter. A value that is not finite is refused before the pipeline sees it; what
/// the asset's limits say is asked of what comes out. Alerts of the pipeline are raised before; one that is refused is
/// told as an [`ErrorEvent`](crate::ErrorEvent), and one whose fields panic is logged; neither changes anything for the value. The pipeline sees the value when this is first polled; it waits as a
/// [`Set`] does. Cancel safe in so far as dropped before it is ready, it has set nothing; but the pipeline has
/// seen the value.
#[must_use = "an offer does nothing unless it is awaited"]
pub struct Offer<'a> {
    handle: &'a DeviceHandle,
    index: usize,
    at: Option<Timestamp>,
    value: Option<AnyValue>,
    /// Alerts go before the value that they are about.
    raising: Option<BoxFuture<'static, ()>>,
    set: Option<Set<'a>>,
}

impl<'a> Offer<'a> {
    pub(crate) fn new(handle: &'a DeviceHandle, index: usize, value: AnyValue) -> Self {
        Self { handle, index, at: None, value: Some(value), raising: None, set: None }
    }

    /// If it comes out at once, it held, or will hold, at this time, and not from now on: see [`Set::at`]. The
    /// pipeline's clock is another one.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }

    /// Brings the value through the pipeline.
    fn run(&mut self, value: AnyValue) -> Result<Option<Set<'a>>, SetError> {
        let (handle, index) = (self.handle, self.index);
        let core = handle.core();
        core.offerable(index, value.as_ref())?;
        let (verdict, waits) = handle.pipelines().offer(core, index, value);
        if waits {
            handle.wake_timer();
        }
        if !verdict.alerts.is_empty() {
            self.raising = Some(handle.raise_all(verdict.alerts));
        }
        let set = verdict.value.map(|value| Set::new(handle, index, value));
        if set.is_none() {
            core.touch(index);
        }
        Ok(match (set, self.at) {
            (Some(set), Some(at)) => Some(set.at(at)),
            (set, _) => set,
        })
    }
}

impl Future for Offer<'_> {
    type Output = Result<Option<Receipt>, SetError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(value) = self.value.take() {
            self.set = self.run(value)?;
        }
        if let Some(raising) = &mut self.raising {
            ready!(raising.as_mut().poll(context));
            self.raising = None;
        }
        let Some(set) = &mut self.set else { return Poll::Ready(Ok(None)) };
        let receipt = ready!(Pin::new(set).poll(context))?;
        Poll::Ready(Ok(Some(receipt)))
    }
}

impl fmt::Debug for Offer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asset = self.handle.model().assets[self.index].name;
        f.debug_struct("Offer").field("asset", &asset).finish_non_exhaustive()
    }
}

impl DeviceHandle {
    /// Gives an asset another pipeline, from the next offer on. What the windows of the one before hold is let go,
    /// as is what it remembers.
    ///
    /// ```
    /// # use edge_runtime::{Device, testing::MemoryPlatform};
    /// use edge_runtime::policy::Pipeline;
    /// # #[derive(Device, Clone)]
    /// # struct Lamp { #[asset(kind = "sensor", max = 100)] brightness: u8 }
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let memory = MemoryPlatform::new();
    /// # let lamp = memory.platform().device("LAMP-1", Lamp { brightness: 0 }).connect().await?;
    /// lamp.set_pipeline("brightness", Pipeline::<u8>::new().filter(|v| *v < 50))?;
    /// assert!(lamp.offer_brightness(70).await?.is_none());
    /// assert!(lamp.offer_brightness(40).await?.is_some());
    /// assert_eq!(lamp.brightness(), 40);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// When there is no such asset, or its values are of another type or computed, or a window of the pipeline
    /// cannot be.
    pub fn set_pipeline<T: AssetValue>(
        &self,
        asset: &str,
        pipeline: Pipeline<T>,
    ) -> Result<(), PipelineError> {
        let index = self.settable(asset)?;
        let BoxedPipeline(pipeline) = pipeline.into();
        check(self.core(), index, pipeline.as_ref())?;
        self.pipelines().set(index, Some(pipeline));
        Ok(())
    }

    /// From now on an asset has no pipeline: what is offered is set. What its windows hold is let go.
    ///
    /// # Errors
    /// When there is no such asset, or it is computed.
    pub fn clear_pipeline(&self, asset: &str) -> Result<(), PipelineError> {
        let index = self.settable(asset)?;
        self.pipelines().set(index, None);
        Ok(())
    }

    /// Whether an asset was neither set nor offered a value for as long as its `stale_after` says. An asset without
    /// `stale_after` never is.
    ///
    /// # Errors
    /// When there is no such asset.
    pub fn is_stale(&self, asset: &str) -> Result<bool, AccessError> {
        Ok(self.core().is_stale(self.find(asset)?))
    }

    pub(super) fn tell_not_raised(&self, alert: &dyn MadeAlert, error: ReportError) {
        let (model, origin) = (alert.model(), self.origin());
        tracing::warn!(device = %self.id(), alert = model.name, error = chain(&error), "not raised");
        let fields = model.fields.iter().zip(alert.fields());
        let value = fields.map(|(field, value)| (field.name.to_owned(), field.codec.json(value))).collect();
        let sending = Sending::Alert { name: model.name.to_owned(), value: Value::Object(value) };
        origin.failed(sending, ErrorCause::NotRaised(Arc::new(error)));
    }

    /// Raises what a pipeline has made, one after the other. What is refused is logged, and told as an
    /// [`ErrorEvent`](crate::ErrorEvent).
    pub(super) fn raise_all(&self, alerts: Vec<Made>) -> BoxFuture<'static, ()> {
        let device = self.clone();
        Box::pin(async move {
            for alert in alerts {
                let name = alert.model().name;
                // Its fields are of the user's types: should one panic, the others are raised all the same.
                let raising = AssertUnwindSafe(async {
                    let alert = alert;
                    let raised = Raise::made(&device, alert.as_ref()).await;
                    raised.err().into_iter().for_each(|error| device.tell_not_raised(alert.as_ref(), error));
                });
                if raising.catch_unwind().await.is_err() {
                    tracing::error!(device = %device.id(), alert = name, "the alert is lost: raising it panicked");
                }
            }
        })
    }
}
