//! The registry in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard};

use edge_proto::object::Sha256;
use edge_proto::{Device, ModelDocument, digest};

use crate::future::BoxFuture;
use crate::lock::lock;
use crate::reconcile::Batch;
use crate::registry::{Opening, Registered, Registry, RegistryError, Session};

const ENDPOINT: &str = "memory";

#[derive(Clone, Debug)]
struct Record {
    device: Device,
    version: u64,
    session: u64,
    document: Option<Sha256>,
}

#[derive(Debug, Default)]
pub(super) struct MemoryRegistry {
    records: Mutex<HashMap<String, Record>>,
    away: AtomicBool,
    /// It goes away after so many writes more.
    writes_left: AtomicUsize,
    conflicts: AtomicUsize,
    models: Mutex<HashMap<String, ModelDocument>>,
    calls: AtomicUsize,
    writes: AtomicUsize,
}

impl MemoryRegistry {
    fn records(&self) -> MutexGuard<'_, HashMap<String, Record>> {
        lock(&self.records)
    }

    pub(super) fn device(&self, sn: &str) -> Option<Device> {
        self.records().get(sn).map(|record| record.device.clone())
    }

    pub(super) fn models(&self) -> MutexGuard<'_, HashMap<String, ModelDocument>> {
        lock(&self.models)
    }

    pub(super) fn edit(&self, sn: &str, edit: impl FnOnce(&mut Device)) {
        let mut records = self.records();
        let record = records.get_mut(sn).expect("the device is registered");
        edit(&mut record.device);
        record.version += 1;
    }

    pub(super) fn set_away(&self, away: bool) {
        self.away.store(away, SeqCst);
    }

    pub(super) fn go_away_after(&self, writes: usize) {
        self.writes_left.store(writes, SeqCst);
    }

    /// A write was done.
    fn written(&self) {
        self.writes.fetch_add(1, SeqCst);
        // 0: no limit.
        if self.writes_left.try_update(SeqCst, SeqCst, |left| left.checked_sub(1)) == Ok(1) {
            self.set_away(true);
        }
    }

    pub(super) fn conflict(&self, times: usize) {
        self.conflicts.store(times, SeqCst);
    }

    pub(super) fn calls(&self) -> usize {
        self.calls.load(SeqCst)
    }

    pub(super) fn writes(&self) -> usize {
        self.writes.load(SeqCst)
    }

    fn call(&self) -> Result<MutexGuard<'_, HashMap<String, Record>>, RegistryError> {
        self.calls.fetch_add(1, SeqCst);
        self.reached().map(|()| self.records())
    }

    fn reached(&self) -> Result<(), RegistryError> {
        if self.away.load(SeqCst) {
            let source = "the registry is away".into();
            return Err(RegistryError::Unavailable { endpoint: ENDPOINT.to_owned(), source });
        }
        Ok(())
    }

    fn apply(&self, declared: &Device, version: u64, batch: &Batch) -> Result<(), RegistryError> {
        let mut records = self.call()?;
        let lost = self.conflicts.try_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        let record = records.get_mut(&declared.sn).filter(|record| record.version == version && !lost);
        let Some(record) = record else { return Err(RegistryError::Conflict) };
        let replaced = |name: &String| batch.upserts().any(|asset| asset.name == *name);
        record.device.assets.retain(|asset| !batch.delete.contains(&asset.name) && !replaced(&asset.name));
        record.device.assets.extend(batch.upserts().cloned());
        if batch.describe {
            let assets = std::mem::take(&mut record.device.assets);
            record.device = Device { assets, ..declared.clone() };
        }
        record.version += 1;
        self.written();
        Ok(())
    }
}

impl Registry for Arc<MemoryRegistry> {
    fn endpoint(&self) -> String {
        ENDPOINT.to_owned()
    }

    fn open_session<'a>(
        &'a self,
        declared: &'a Device,
        opening: Opening,
    ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
        Box::pin(async move {
            let mut records = self.call()?;
            let named = self.models().get(&declared.model).map(ModelDocument::digest);
            Ok(records.get_mut(&declared.sn).map(|record| {
                let document = opening.document();
                record.session += u64::from(opening != Opening::Look);
                if let Opening::Start(document) = opening {
                    record.document = document;
                }
                Session {
                    number: record.session,
                    version: record.version,
                    digest: digest::of(&record.device),
                    document_counts: document == record.document,
                    document_known: document.is_some() && document == named,
                }
            }))
        })
    }

    fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            self.call()?.entry(device.sn.clone()).or_insert_with(|| {
                self.written();
                Record { device: device.clone(), version: 1, session: 0, document: None }
            });
            Ok(())
        })
    }

    fn fetch<'a>(&'a self, declared: &'a Device) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
        Box::pin(async move {
            let registered =
                |record: &Record| Registered { version: record.version, device: record.device.clone() };
            Ok(self.call()?.get(&declared.sn).map(registered))
        })
    }

    fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let mut records = self.call()?;
            if records.remove(sn).is_some() {
                self.written();
            }
            // Whatever was a part of it goes with it, and the parts of those.
            loop {
                let orphan = records.values().find_map(|record| {
                    let parent = record.device.parent.as_deref()?;
                    (!records.contains_key(parent)).then(|| record.device.sn.clone())
                });
                let Some(orphan) = orphan else { return Ok(()) };
                records.remove(&orphan);
            }
        })
    }

    fn write<'a>(
        &'a self,
        declared: &'a Device,
        version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move { self.apply(declared, version, batch) })
    }

    fn keeps_models(&self) -> bool {
        true
    }

    fn model<'a>(&'a self, urn: &'a str) -> BoxFuture<'a, Result<Option<ModelDocument>, RegistryError>> {
        Box::pin(async move { self.reached().map(|()| self.models().get(urn).cloned()) })
    }

    fn put_model<'a>(&'a self, model: &'a ModelDocument) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            self.reached()?;
            self.models().insert(model.urn.clone(), model.clone());
            Ok(())
        })
    }
}
