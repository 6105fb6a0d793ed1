//! A batch of changes of one device's data points: gathered piece by piece, then written in one step.

use std::collections::{HashMap, HashSet};

use edge_proto::connector::v1::{
    DataPoint, DeviceDescription, ReconcileAssetRequest, ReconcileAssetResponse,
};
use edge_proto::model::ModelError;
use edge_proto::{Asset, Device, connector};
use prost::Message as _;
use tokio::sync::OwnedSemaphorePermit;
use tonic::{Status, Streaming};

use super::auth::Caller;
use super::declare::{Path, Reader, check_name, element};
use super::service::Connector;
use super::status::{Subject, exhausted, failed, invalid, not_found};
use crate::store::{DeviceRecord, Draft, EditError, Extent, Key, MAX_POINTS};

/// In what portions memory is taken.
pub(super) const UNIT: usize = 64 * 1024;

/// What all batches that are being gathered may take together: 256 MiB.
pub(super) const UNITS: usize = 4096;

/// What one batch may take.
const MAX_BYTES: usize = 64 * 1024 * 1024;

const UPSERT: &str = "upsert";
const DELETE: &str = "delete";
const DEVICE: &str = "device";

/// All pieces together.
#[derive(Debug, Default)]
struct Batch {
    sn: String,
    version: u64,
    upsert: Vec<DataPoint>,
    delete: Vec<String>,
    device: Option<DeviceDescription>,
    bytes: usize,
    /// Given back with the batch.
    room: Option<OwnedSemaphorePermit>,
}

/// What the batch says of the device itself.
#[derive(Debug)]
struct Change {
    upsert: Vec<Asset>,
    delete: HashSet<String>,
    device: Option<Device>,
}

impl Connector {
    pub(super) async fn reconcile(
        &self,
        caller: &Caller,
        mut pieces: Streaming<ReconcileAssetRequest>,
    ) -> Result<ReconcileAssetResponse, Status> {
        let first = pieces.message().await?.ok_or_else(|| invalid("sn", "the batch is empty"))?;
        check_name("sn", &first.sn)?;
        caller.authorize(&first.sn).await?;
        let mut batch = Batch { sn: first.sn.clone(), version: first.version, ..Batch::default() };
        self.gather(&mut batch, first)?;
        while let Some(piece) = pieces.message().await? {
            self.gather(&mut batch, piece)?;
        }
        self.write(caller, batch).await
    }

    /// Takes a piece into the batch, if there is room for it.
    fn gather(&self, batch: &mut Batch, piece: ReconcileAssetRequest) -> Result<(), Status> {
        let bytes = piece.encoded_len();
        batch.bytes += bytes;
        if batch.bytes > MAX_BYTES {
            return Err(invalid(UPSERT, format!("the batch has more than {MAX_BYTES} bytes")));
        }
        let units = u32::try_from(bytes / UNIT + 1).unwrap_or(u32::MAX);
        let room = self.gathering.clone().try_acquire_many_owned(units);
        let room = room.map_err(|_| exhausted("too many batches are under way"))?;
        match &mut batch.room {
            Some(taken) => taken.merge(room),
            None => batch.room = Some(room),
        }
        batch.take(piece)
    }

    async fn write(&self, caller: &Caller, mut batch: Batch) -> Result<ReconcileAssetResponse, Status> {
        let (sn, version) = (batch.sn.clone(), batch.version);
        let change = read(&mut batch)?;
        let parent = change.device.as_ref().and_then(|device| device.parent.as_ref());
        if let Some(parent) = parent {
            self.check_parent(caller, &sn, parent).await?;
        }
        let extent = if change.device.is_some() { Extent::Tree } else { Extent::Own };
        let upserted: HashMap<String, usize> = (0..)
            .zip(&change.upsert)
            .map(|(index, asset)| (asset.name.to_ascii_lowercase(), index))
            .collect();
        let edit = |_: &DeviceRecord, draft: &mut Draft| {
            change.apply(draft);
            Ok(())
        };
        let record = self.platform.store.edit(Key::Sn(&sn), version, extent, edit).await;
        let subject = Subject::device("device.", &sn);
        let record =
            record.map_err(|error| clash(&error, &upserted).unwrap_or_else(|| subject.refused(error)))?;
        Ok(ReconcileAssetResponse { version: record.version, digest: record.digest })
    }

    async fn check_parent(&self, caller: &Caller, sn: &str, parent: &str) -> Result<(), Status> {
        let record = self.platform.store.header(Key::Sn(sn)).await.map_err(failed)?;
        let record = record.ok_or_else(|| not_found("device", "sn", sn))?;
        if record.device.parent.as_deref() == Some(parent) {
            return Ok(());
        }
        caller.authorize_parent("device.parent_sn", parent).await
    }
}

impl Batch {
    fn take(&mut self, piece: ReconcileAssetRequest) -> Result<(), Status> {
        if !piece.sn.is_empty() && piece.sn != self.sn {
            return Err(invalid("sn", "all pieces of a batch are for one device"));
        }
        if piece.device.is_some() && self.device.is_some() {
            return Err(invalid(DEVICE, "it stands in the batch twice"));
        }
        self.device = self.device.take().or(piece.device);
        self.upsert.extend(piece.upsert);
        self.delete.extend(piece.delete);
        if self.upsert.len() + self.delete.len() > MAX_POINTS {
            return Err(invalid(UPSERT, format!("the batch has more than {MAX_POINTS} data points")));
        }
        Ok(())
    }
}

/// Reads what was gathered, and says all that is wrong with it.
fn read(batch: &mut Batch) -> Result<Change, Status> {
    let mut reader = Reader::default();
    let mut names = HashMap::new();
    let mut upsert = Vec::with_capacity(batch.upsert.len());
    for (index, point) in std::mem::take(&mut batch.upsert).into_iter().enumerate() {
        let path = element(UPSERT, index);
        reader.unique(path.field("name"), &mut names, &point.name);
        upsert.extend(reader.point(path, point));
    }
    for (index, name) in batch.delete.iter().enumerate() {
        reader.name(element(DELETE, index), name);
    }
    let delete = std::mem::take(&mut batch.delete).into_iter().collect();
    let device = batch.device.take().map(|device| description(&mut reader, device, &batch.sn));
    reader.finish(Change { upsert, delete, device })
}

/// What the device says of itself, without data points.
fn description(reader: &mut Reader, device: DeviceDescription, sn: &str) -> Device {
    let asset = connector::v1::Asset {
        sn: sn.to_owned(),
        name: device.name,
        description: device.description,
        model: device.model,
        r#type: device.r#type,
        vendor: device.vendor,
        parent_sn: device.parent_sn,
        ..connector::v1::Asset::default()
    };
    reader.device(Path::new(DEVICE), asset, None, 1).device
}

impl Change {
    fn apply(self, draft: &mut Draft) {
        let assets = &mut draft.device.assets;
        assets.retain(|asset| !self.delete.contains(&asset.name));
        let mut places: HashMap<String, usize> =
            assets.iter().enumerate().map(|(place, asset)| (asset.name.clone(), place)).collect();
        for asset in self.upsert {
            match places.get(&asset.name) {
                Some(place) => assets[*place] = asset,
                None => {
                    places.insert(asset.name.clone(), assets.len());
                    assets.push(asset);
                }
            }
        }
        if let Some(device) = self.device {
            draft.device = Device { assets: std::mem::take(&mut draft.device.assets), ..device };
        }
    }
}

/// What is wrong only together with what is registered already, and stands in the batch.
fn clash(error: &EditError, upserted: &HashMap<String, usize>) -> Option<Status> {
    match error {
        EditError::Invalid(ModelError::DuplicateAsset { second, .. }) => {
            let index = *upserted.get(&second.to_ascii_lowercase())?;
            Some(invalid(element(UPSERT, index).field("name"), error))
        }
        EditError::TooMany { .. } => Some(invalid(UPSERT, error)),
        _ => None,
    }
}
