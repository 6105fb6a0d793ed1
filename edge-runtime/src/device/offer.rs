//! Offers: values that go through their asset's pipeline before they are set.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use jiff::Timestamp;

use super::handle::DeviceHandle;
use super::pipelines::is_of_type;
use super::set::{Receipt, Set};
use crate::core::SetError;
use crate::model::BoxedPipeline;
use crate::policy::{Alert, Pipeline, WindowError};
use crate::value::AssetValue;
use crate::value::codec::AnyValue;

/// Why an asset does not get a pipeline. The one that it had stays.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The device has no asset of that name.
    #[error("device `{device}` has no asset `{asset}`, only {known:?}")]
    UnknownAsset {
        /// The serial number.
        device: String,
        /// The name that there is not.
        asset: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// Nobody offers values of a virtual asset: it is computed.
    #[error("device `{device}`, asset `{asset}`: it is computed, so no values are offered to it")]
    Virtual {
        /// The serial number.
        device: String,
        /// The asset's name.
        asset: &'static str,
    },
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

/// An offer under way: what its asset's pipeline makes of a value, is set. `Ok(None)` when nothing comes out of the
/// pipeline, or nothing yet.
///
/// Without a pipeline it is the setter. A value that is not finite is refused before the pipeline sees it; what
/// the asset's limits say is asked of what comes out. The pipeline sees the value when this is first polled; it waits as a
/// [`Set`] does. Cancel safe in so far as dropped before it is ready, it has set nothing; but the pipeline has
/// seen the value.
#[must_use = "an offer does nothing unless it is awaited"]
pub struct Offer<'a> {
    handle: &'a DeviceHandle,
    index: usize,
    at: Option<Timestamp>,
    value: Option<AnyValue>,
    set: Option<Set<'a>>,
}

impl<'a> Offer<'a> {
    pub(crate) fn new(handle: &'a DeviceHandle, index: usize, value: AnyValue) -> Self {
        Self { handle, index, at: None, value: Some(value), set: None }
    }

    /// If it comes out at once, it held, or will hold, at this time, and not from now on: see [`Set::at`]. The
    /// pipeline's clock is another one.
    pub fn at(self, time: Timestamp) -> Self {
        Self { at: Some(time), ..self }
    }

    /// Brings the value through the pipeline.
    fn run(&self, value: AnyValue) -> Result<Option<Set<'a>>, SetError> {
        let (handle, index) = (self.handle, self.index);
        let core = handle.core();
        core.offerable(index, value.as_ref())?;
        let (verdict, waits) = handle.pipelines().offer(core, index, value);
        if waits {
            handle.wake_timer();
        }
        handle.raise_all(verdict.alerts);
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
        let index = self.with_pipeline(asset)?;
        let (device, asset) = (self.id().to_string(), self.model().assets[index].name);
        if !is_of_type(self.core(), index, std::any::TypeId::of::<T>()) {
            return Err(PipelineError::Type { device, asset, given: std::any::type_name::<T>() });
        }
        let BoxedPipeline(pipeline) = pipeline.into();
        pipeline.check().map_err(|source| PipelineError::Window { device, asset, source })?;
        self.pipelines().set(index, Some(pipeline));
        Ok(())
    }

    /// From now on an asset has no pipeline: what is offered is set. What its windows hold is let go.
    ///
    /// # Errors
    /// When there is no such asset, or it is computed.
    pub fn clear_pipeline(&self, asset: &str) -> Result<(), PipelineError> {
        let index = self.with_pipeline(asset)?;
        self.pipelines().set(index, None);
        Ok(())
    }

    /// Whether an asset was neither set nor offered a value for as long as its `stale_after` says. `None` where the
    /// device has no such asset. An asset without `stale_after` never is.
    pub fn is_stale(&self, asset: &str) -> Option<bool> {
        let index = self.model().assets.iter().position(|known| known.name == asset)?;
        Some(self.core().is_stale(index))
    }

    /// An asset that can have a pipeline.
    fn with_pipeline(&self, asset: &str) -> Result<usize, PipelineError> {
        let device = || self.id().to_string();
        let assets = self.model().assets;
        let Some(index) = assets.iter().position(|known| known.name == asset) else {
            let known = assets.iter().map(|known| known.name).collect();
            return Err(PipelineError::UnknownAsset { device: device(), asset: asset.to_owned(), known });
        };
        match assets[index].kind {
            edge_proto::Kind::Virtual => {
                Err(PipelineError::Virtual { device: device(), asset: assets[index].name })
            }
            _ => Ok(index),
        }
    }

    /// Raises what pipelines have made.
    pub(super) fn raise_all(&self, alerts: Vec<Alert>) {
        drop(alerts);
    }
}
