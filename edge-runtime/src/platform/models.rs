//! Device models at the platform: fetched, kept in files, and put there when a device of them registers.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use edge_proto::document::ModelDocument;
use edge_proto::object::Sha256;
use tokio::time::timeout;

use super::Platform;
use super::cache::Cache;
use crate::cause::chain;
use crate::device::{Attachment, DeviceBuilder, Dynamic, DynamicError};
use crate::lock::lock;
use crate::model::DeviceModel;
use crate::registry::RegistryError;

/// How long a device that registers waits for its model to be taken: it is no condition of its start.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a platform knows of models.
#[derive(Clone, Debug, Default)]
pub(super) struct Models {
    drafts: bool,
    cache: Option<Arc<Cache>>,
    /// Of those that were put there in this process, or are being: by their addresses, because models are static.
    told: Arc<Mutex<HashMap<usize, Told>>>,
    /// By the models' addresses, likewise.
    digests: Arc<Mutex<HashMap<usize, Sha256>>>,
}

/// How a model is told.
#[derive(Clone, Copy, Debug, Default)]
struct Told {
    /// How often it was put there: others may delete it.
    times: u64,
    is_under_way: bool,
    /// The platform does not take it.
    is_refused: bool,
}

impl Platform {
    /// Whether models that are drafts can be fetched with [`device_model`](Self::device_model), and make devices. Default: they
    /// are as if they were not there.
    pub fn allow_draft_models(mut self, allow: bool) -> Self {
        self.models.drafts = allow;
        self
    }

    pub(crate) fn allows_draft_models(&self) -> bool {
        self.models.drafts
    }

    /// Keeps models that were fetched as files in this folder, which is made when it is needed: while the platform cannot be
    /// reached, [`device_model`](Self::device_model) finds them there. The platform comes first: a file is never taken for
    /// newer.
    pub fn model_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.models.cache = Some(Arc::new(Cache::new(folder.into())));
        self
    }

    /// The device model of that URN, as the platform has it. `None`: it has none, or one that is a draft and
    /// [not allowed](Self::allow_draft_models).
    ///
    /// Of the organization that the token is for, the platform has the models that were put there: by its devices when they
    /// registered, where their tokens are for all of its devices of the URN, and by others. A device's token finds those that
    /// its device, and what belongs to it, is of.
    ///
    /// # Errors
    /// When the platform cannot be reached (and there is no [file](Self::model_cache) of the model), refuses, keeps no models,
    /// or answers what is no model.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn device_model(&self, urn: &str) -> Result<Option<ModelDocument>, RegistryError> {
        let model = match (self.registry.model(urn).await, &self.models.cache) {
            (Ok(Some(model)), Some(cache)) => {
                cache.keep(&model).await;
                Some(model)
            }
            (Err(error), Some(cache)) if error.is_retryable() => Some(cache.find(urn).await.ok_or(error)?),
            (model, _) => model?,
        };
        Ok(model.filter(|model| self.models.drafts || !model.draft))
    }

    /// Puts a model there, instead of the one of its URN if there is one: a draft, or a model of devices that have no struct.
    /// The model of a device with a struct is put there when it registers. It is the organization's that the token is for; a
    /// device's token is refused where the organization has devices of the URN that it is not for.
    ///
    /// # Errors
    /// When the platform cannot be reached, refuses, or keeps no models.
    ///
    /// # Cancel safety
    /// Cancelled, it is there or not; called again, it is.
    pub async fn put_device_model(&self, model: &ModelDocument) -> Result<(), RegistryError> {
        self.registry.put_model(model).await
    }

    /// Prepares a device without a struct, of a model that was fetched or read from a file. Everything begins at its default,
    /// or at zero.
    ///
    /// A model lives as long as the program: each distinct one is kept once, so a program should not make them up without
    /// end.
    ///
    /// # Errors
    /// When the document contradicts itself, is a [draft](Self::allow_draft_models), or a default is no value.
    pub fn dynamic_device(
        &self,
        sn: impl Into<String>,
        model: &ModelDocument,
    ) -> Result<DeviceBuilder<Dynamic>, DynamicError> {
        DeviceBuilder::dynamic(self.clone(), sn.into(), model, Attachment::Own)
    }

    /// Which document says what devices of this model are, if the platform keeps such. Made once: a host may have many of them.
    pub(crate) fn document_digest(&self, model: &'static DeviceModel) -> Option<Sha256> {
        let digest = || model.document().digest();
        let mut digests = lock(&self.models.digests);
        self.registry.keeps_models().then(|| *digests.entry(address(model)).or_insert_with(digest))
    }

    /// How often a model was put there.
    pub(crate) fn times_told(&self, model: &'static DeviceModel) -> u64 {
        lock(&self.models.told).get(&address(model)).map_or(0, |told| told.times)
    }

    /// A device of this model has registered: puts it there, once in this process, and again when the platform has come to know
    /// it no longer, if the platform keeps models. That it could not is only logged.
    ///
    /// `missed`: the platform does not know it, and had been told so often before it said so; many devices start together.
    pub(crate) async fn tell_model(&self, model: &'static DeviceModel, missed: Option<u64>) {
        let address = address(model);
        if !self.registry.keeps_models() {
            return;
        }
        let Some(telling) = Telling::begin(&self.models, address, missed) else { return };
        let put = timeout(PATIENCE, self.registry.put_model(&model.document())).await;
        let problem = match put {
            Ok(Ok(())) => return telling.change(|told| told.times += 1),
            Ok(Err(error)) if !error.is_retryable() => {
                tracing::warn!(
                    model = model.urn,
                    error = chain(&error),
                    "the platform does not take the model"
                );
                return telling.change(|told| told.is_refused = true);
            }
            Ok(Err(error)) => chain(&error),
            Err(_) => format!("no answer within {PATIENCE:?}"),
        };
        tracing::warn!(model = model.urn, error = problem, "the model is not at the platform");
    }
}

/// Models are static.
fn address(model: &'static DeviceModel) -> usize {
    std::ptr::from_ref(model) as usize
}

/// A model under way. The next device tries again if it does not come to an end: also when this one was dropped.
struct Telling<'a> {
    models: &'a Models,
    address: usize,
}

impl<'a> Telling<'a> {
    /// None where it need not be told, or is already. Looked at and begun in one step: many devices start together.
    fn begin(models: &'a Models, address: usize, missed: Option<u64>) -> Option<Self> {
        let mut all = lock(&models.told);
        let told = all.entry(address).or_default();
        let is_new = told.times == 0 || missed == Some(told.times);
        if told.is_under_way || told.is_refused || !is_new {
            return None;
        }
        told.is_under_way = true;
        Some(Self { models, address })
    }

    fn change(&self, change: impl FnOnce(&mut Told)) {
        change(lock(&self.models.told).entry(self.address).or_default());
    }
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        self.change(|told| told.is_under_way = false);
    }
}
