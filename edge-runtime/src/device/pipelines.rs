//! The pipelines of one device's assets, which run at an offer and at the end of windows.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use edge_proto::payload::FormatKind;
use tokio::time::Instant;

use super::offer::PipelineError;
use crate::core::Core;
use crate::lock::lock;
use crate::model::BoxedPipeline;
use crate::policy::{AnyPipeline, AnyVerdict, Current, Made};
use crate::value::codec::AnyValue;

/// Each behind a lock of its own: it runs the user's code, which may give another asset another pipeline.
type Shared = Arc<Mutex<Box<dyn AnyPipeline>>>;

/// See the module.
#[derive(Default)]
pub(super) struct Pipelines(Mutex<HashMap<usize, Shared>>);

/// Whether an asset may have a pipeline: it is of the type of its values, its windows can be, and the device declares what
/// it raises.
pub(super) fn check(core: &Core, index: usize, pipeline: &dyn AnyPipeline) -> Result<(), PipelineError> {
    let (asset, model) = (core.model.assets[index].name, core.model);
    let device = || core.origin.id.to_string();
    if !core.read(|values| pipeline.takes(values.field(index))) {
        return Err(PipelineError::Type { device: device(), asset, given: pipeline.type_name() });
    }
    pipeline.check().map_err(|source| PipelineError::Window { device: device(), asset, source })?;
    let declared = |name| model.format(FormatKind::Alert, name).is_some();
    match pipeline.alerts().iter().find(|alert| !declared(alert.name)) {
        None => Ok(()),
        Some(alert) => Err(PipelineError::Undeclared { device: device(), asset, alert: alert.name }),
    }
}

/// What came out of windows.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) values: Vec<(usize, AnyValue)>,
    pub(super) alerts: Vec<Made>,
    /// When to look again.
    pub(super) next: Option<Instant>,
}

impl Pipelines {
    /// Those that a device's model declares.
    pub(super) fn declared(core: &Core) -> Result<Self, PipelineError> {
        let mut pipelines = HashMap::new();
        for (index, asset) in core.model.assets.iter().enumerate() {
            if let Some(declared) = asset.rules.pipeline {
                let BoxedPipeline(pipeline) = (declared.0)();
                check(core, index, pipeline.as_ref())?;
                pipelines.insert(index, Arc::new(Mutex::new(pipeline)));
            }
        }
        Ok(Self(Mutex::new(pipelines)))
    }

    /// Gives an asset a pipeline, or none. What the windows of the one before hold is let go.
    pub(super) fn set(&self, index: usize, pipeline: Option<Box<dyn AnyPipeline>>) {
        let mut pipelines = lock(&self.0);
        let before = match pipeline {
            Some(pipeline) => pipelines.insert(index, Arc::new(Mutex::new(pipeline))),
            None => pipelines.remove(&index),
        };
        drop(pipelines);
        // Without the lock: closures may own anything.
        drop(before);
    }

    /// Whether no asset has one.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }

    fn of(&self, index: usize) -> Option<Shared> {
        lock(&self.0).get(&index).cloned()
    }

    /// What comes of a value, and whether there is something to wait for now.
    pub(super) fn offer(&self, core: &Core, index: usize, value: AnyValue) -> (AnyVerdict, bool) {
        let Some(pipeline) = self.of(index) else {
            return (AnyVerdict { value: Some(value), alerts: Vec::new() }, false);
        };
        let mut pipeline = lock(&pipeline);
        let verdict = pipeline.offer(Instant::now(), value, core);
        (verdict, pipeline.next_due().is_some())
    }

    /// What came out of windows until now. A panic of the user's code is logged; its value is lost.
    pub(super) fn due(&self, core: &Core, now: Instant) -> Ended {
        let all: Vec<(usize, Shared)> =
            lock(&self.0).iter().map(|(index, pipeline)| (*index, Arc::clone(pipeline))).collect();
        let mut ended = Ended::default();
        for (index, pipeline) in all {
            let mut pipeline = lock(&pipeline);
            loop {
                match catch_unwind(AssertUnwindSafe(|| pipeline.due(now, core))) {
                    Ok(Some(verdict)) => {
                        ended.values.extend(verdict.value.map(|value| (index, value)));
                        ended.alerts.extend(verdict.alerts);
                    }
                    Ok(None) => break,
                    Err(_) => {
                        let asset = core.model.assets[index].name;
                        tracing::error!(device = %core.origin.id, asset, "the pipeline panicked");
                    }
                }
            }
            ended.next = ended.next.into_iter().chain(pipeline.next_due()).min();
        }
        ended
    }
}

impl fmt::Debug for Pipelines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipelines").finish_non_exhaustive()
    }
}

impl Current for Core {
    fn current(&self, name: &str) -> Option<AnyValue> {
        let index = self.find(name)?;
        Some(Core::current(self, index))
    }
}
