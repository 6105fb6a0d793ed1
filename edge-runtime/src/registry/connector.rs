//! The Connector as a [`Registry`]. It calls once: a device that starts has a patience of its own.

use edge_proto::Device;
use edge_proto::connector::{asset_type, v1};
use prost::Message as _;

use super::{Opening, Registered, Registry, RegistryError, Session};
use crate::connector::method::{
    DELETE_ASSET, GET_ASSET_BY_SN, Message, Method, OPEN_SESSION, RECONCILE_ASSET, REGISTER_ASSET,
};
use crate::connector::{Code, ConnectorClient, ConnectorError, Retry};
use crate::future::BoxFuture;
use crate::reconcile::Batch;

/// The most bytes of a registration in one message: a server takes at least 4 MiB.
const MAX_REGISTRATION: usize = 3 * 1024 * 1024;
/// The most bytes of one piece of a batch, unless a single data point has more.
const MAX_PIECE: usize = 1024 * 1024;
/// What a field of a message takes besides its content.
const FIELD: usize = 8;

async fn once<Q: Message, A: Message>(
    client: &ConnectorClient,
    method: &Method<Q, A>,
    request: Q,
) -> Result<A, ConnectorError> {
    client.call_with(method, vec![request], Retry::Never).await
}

async fn get(client: &ConnectorClient, sn: &str) -> Result<Option<v1::Asset>, RegistryError> {
    found(once(client, &GET_ASSET_BY_SN, v1::GetAssetBySnRequest { sn: sn.to_owned() }).await)
}

/// `None` for what the Connector does not know.
fn found<T>(result: Result<T, ConnectorError>) -> Result<Option<T>, RegistryError> {
    match result {
        Err(error) if error.code() == Code::NotFound => Ok(None),
        result => Ok(Some(result?)),
    }
}

impl From<ConnectorError> for RegistryError {
    fn from(error: ConnectorError) -> Self {
        let endpoint = error.endpoint().to_owned();
        if error.is_protocol() {
            return Self::Protocol { endpoint, source: Box::new(error) };
        }
        if error.is_retryable() {
            return Self::Unavailable { endpoint, source: Box::new(error) };
        }
        match error.code() {
            Code::Aborted => Self::Conflict,
            code => Self::Rejected { endpoint, code: code.to_string(), message: error.message().to_owned() },
        }
    }
}

/// For [`Platform::new`](crate::Platform::new), with any link. The client's own retries are not used: a
/// device that starts has its own.
impl Registry for ConnectorClient {
    fn endpoint(&self) -> String {
        self.endpoint().to_owned()
    }

    fn open_session<'a>(
        &'a self,
        declared: &'a Device,
        opening: Opening,
    ) -> BoxFuture<'a, Result<Option<Session>, RegistryError>> {
        Box::pin(async move {
            let document_digest = opening.document().map(|digest| digest.to_string()).unwrap_or_default();
            let opening = v1::Opening::from(opening).into();
            let request = v1::OpenSessionRequest { sn: declared.sn.clone(), document_digest, opening };
            let opened = found(once(self, &OPEN_SESSION, request).await)?;
            Ok(opened.map(|opened| Session {
                number: opened.session,
                version: opened.version,
                digest: opened.digest,
                document_counts: opened.document_counts,
                document_known: opened.document_known,
            }))
        })
    }

    fn register<'a>(&'a self, device: &'a Device) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let mut asset = v1::Asset::from(device);
            if asset.encoded_len() > MAX_REGISTRATION {
                // The caller looks at what is registered next, and writes what is missing in pieces.
                asset.sub_assets.clear();
            }
            let request = v1::RegisterAssetRequest { asset: Some(asset) };
            Ok(once(self, &REGISTER_ASSET, request).await.map(drop)?)
        })
    }

    fn fetch<'a>(&'a self, declared: &'a Device) -> BoxFuture<'a, Result<Option<Registered>, RegistryError>> {
        Box::pin(async move {
            let Some(mut asset) = get(self, &declared.sn).await? else { return Ok(None) };
            let version = asset.version;
            // One that a newer server knows.
            asset.r#type = asset_type(asset.r#type).map_or(v1::AssetType::Other, Into::into).into();
            let device = Device::try_from(asset).map_err(|error| RegistryError::Protocol {
                endpoint: self.endpoint().to_owned(),
                source: Box::new(error),
            })?;
            Ok(Some(Registered { version, device }))
        })
    }

    fn remove<'a>(&'a self, sn: &'a str) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let Some(v1::Asset { id, .. }) = get(self, sn).await? else { return Ok(()) };
            found(once(self, &DELETE_ASSET, v1::DeleteAssetRequest { id, version: 0 }).await).map(drop)
        })
    }

    fn write<'a>(
        &'a self,
        declared: &'a Device,
        version: u64,
        batch: &'a Batch,
    ) -> BoxFuture<'a, Result<(), RegistryError>> {
        Box::pin(async move {
            let pieces = pieces(declared, version, batch, MAX_PIECE);
            Ok(self.call_with(&RECONCILE_ASSET, pieces, Retry::Never).await.map(drop)?)
        })
    }
}

/// A batch as messages of at most `limit` bytes.
fn pieces(declared: &Device, version: u64, batch: &Batch, limit: usize) -> Vec<v1::ReconcileAssetRequest> {
    let first = v1::ReconcileAssetRequest {
        sn: declared.sn.clone(),
        version,
        device: batch.describe.then(|| description(declared)),
        ..v1::ReconcileAssetRequest::default()
    };
    let mut pieces = Pieces { size: first.encoded_len(), done: Vec::new(), open: first, limit };
    for asset in batch.upserts() {
        let point = v1::DataPoint::from(asset);
        pieces.reserve(point.encoded_len());
        pieces.open.upsert.push(point);
    }
    for name in &batch.delete {
        pieces.reserve(name.len());
        pieces.open.delete.push(name.clone());
    }
    pieces.done.push(pieces.open);
    pieces.done
}

struct Pieces {
    done: Vec<v1::ReconcileAssetRequest>,
    open: v1::ReconcileAssetRequest,
    size: usize,
    limit: usize,
}

impl Pieces {
    /// Makes room for so many bytes, in a new piece if it takes one.
    fn reserve(&mut self, bytes: usize) {
        let bytes = bytes + FIELD;
        if self.size + bytes > self.limit {
            self.done.push(std::mem::take(&mut self.open));
            self.size = 0;
        }
        self.size += bytes;
    }
}

fn description(declared: &Device) -> v1::DeviceDescription {
    v1::DeviceDescription {
        name: declared.title.clone(),
        description: declared.description.clone(),
        model: declared.model.clone(),
        r#type: v1::AssetType::from(declared.asset_type).into(),
        vendor: declared.vendor.as_str().to_owned(),
        parent_sn: declared.parent.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use edge_proto::{Asset, AssetType, AssetVendor, Kind, Profile, ValueType};

    use super::*;

    fn device(assets: usize) -> Device {
        let asset = |index| Asset {
            name: format!("asset-{index}"),
            kind: Kind::Sensor,
            title: "x".repeat(100),
            description: String::new(),
            profile: Profile::new(ValueType::Number),
        };
        Device {
            sn: "D".to_owned(),
            model: "urn:m".to_owned(),
            title: "T".to_owned(),
            description: String::new(),
            asset_type: AssetType::Sensor,
            vendor: AssetVendor::Dji,
            parent: None,
            assets: (0..assets).map(asset).collect(),
        }
    }

    #[test]
    fn a_batch_goes_in_pieces_and_none_is_too_large() {
        let device = device(100);
        let delete: Vec<_> = (0..100).map(|index| format!("old-{index}")).collect();
        let (create, update) = (device.assets[..50].to_vec(), device.assets[50..].to_vec());
        let batch = Batch { create, update, delete: delete.clone(), describe: true };
        let pieces = pieces(&device, 7, &batch, 1000);
        assert!(pieces.len() > 10 && pieces.iter().all(|piece| piece.encoded_len() <= 1000));

        let (first, rest) = pieces.split_first().unwrap();
        assert_eq!((first.sn.as_str(), first.version), ("D", 7));
        assert_eq!(first.device.as_ref().unwrap().vendor, "DJI");
        assert!(rest.iter().all(|piece| piece.sn.is_empty() && piece.device.is_none()));

        let names: Vec<_> = pieces.iter().flat_map(|piece| &piece.upsert).map(|point| &point.name).collect();
        assert_eq!(names, device.assets.iter().map(|asset| &asset.name).collect::<Vec<_>>());
        assert_eq!(pieces.iter().flat_map(|piece| piece.delete.clone()).collect::<Vec<_>>(), delete);
    }

    #[test]
    fn what_fits_goes_in_one_piece() {
        let device = device(3);
        let batch = Batch { create: device.assets.clone(), ..Batch::default() };
        assert_eq!(pieces(&device, 0, &batch, MAX_PIECE).len(), 1);
        assert_eq!(pieces(&device, 0, &Batch::default(), MAX_PIECE).len(), 1);
    }
}
