//! The Connector service: which call is answered where.

use std::sync::Arc;

use edge_proto::connector::v1::connector_service_server::ConnectorService;
use edge_proto::connector::v1::{
    AddSubAssetRequest, Asset, DeleteAssetRequest, DeleteAssetResponse, GetAssetBySnRequest, GetAssetRequest,
    ListAssetsRequest, ListAssetsResponse, OpenSessionRequest, OpenSessionResponse, ReconcileAssetRequest,
    ReconcileAssetResponse, RegisterAssetRequest, RemoveSubAssetRequest, RemoveSubAssetResponse, SubAsset,
    UpdateAssetRequest,
};
use tokio::sync::Semaphore;
use tonic::{Request, Response, Status, Streaming};

use super::auth::Caller;
use super::reconcile;
use crate::platform::Platform;

/// Answers from the store.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    pub(super) platform: Arc<Platform>,
    /// What batches that are being gathered may take, in units of [`reconcile::UNIT`].
    pub(super) gathering: Arc<Semaphore>,
}

impl Connector {
    pub(super) fn new(platform: Arc<Platform>) -> Self {
        Self { platform, gathering: Arc::new(Semaphore::new(reconcile::UNITS)) }
    }
}

type Answer<T> = Result<Response<T>, Status>;

/// Who asks, and for what.
fn open<T>(request: Request<T>) -> Result<(Caller, T), Status> {
    Ok((Caller::of(&request)?, request.into_inner()))
}

#[tonic::async_trait]
impl ConnectorService for Connector {
    async fn register_asset(&self, request: Request<RegisterAssetRequest>) -> Answer<Asset> {
        let (caller, request) = open(request)?;
        self.register(&caller, request).await.map(Response::new)
    }

    async fn get_asset(&self, request: Request<GetAssetRequest>) -> Answer<Asset> {
        let (caller, request) = open(request)?;
        self.get(&caller, &request.id).await.map(Response::new)
    }

    async fn get_asset_by_sn(&self, request: Request<GetAssetBySnRequest>) -> Answer<Asset> {
        let (caller, request) = open(request)?;
        self.get_by_sn(&caller, &request.sn).await.map(Response::new)
    }

    async fn list_assets(&self, request: Request<ListAssetsRequest>) -> Answer<ListAssetsResponse> {
        let (caller, request) = open(request)?;
        self.list(&caller, request).await.map(Response::new)
    }

    async fn update_asset(&self, request: Request<UpdateAssetRequest>) -> Answer<Asset> {
        let (caller, request) = open(request)?;
        self.update(&caller, request).await.map(Response::new)
    }

    async fn delete_asset(&self, request: Request<DeleteAssetRequest>) -> Answer<DeleteAssetResponse> {
        let (caller, request) = open(request)?;
        self.delete(&caller, request).await.map(Response::new)
    }

    async fn add_sub_asset(&self, request: Request<AddSubAssetRequest>) -> Answer<SubAsset> {
        let (caller, request) = open(request)?;
        self.add(&caller, request).await.map(Response::new)
    }

    async fn remove_sub_asset(
        &self,
        request: Request<RemoveSubAssetRequest>,
    ) -> Answer<RemoveSubAssetResponse> {
        let (caller, request) = open(request)?;
        self.remove(&caller, request).await.map(Response::new)
    }

    async fn open_session(&self, request: Request<OpenSessionRequest>) -> Answer<OpenSessionResponse> {
        let (caller, request) = open(request)?;
        self.start_session(&caller, request).await.map(Response::new)
    }

    async fn reconcile_asset(
        &self,
        request: Request<Streaming<ReconcileAssetRequest>>,
    ) -> Answer<ReconcileAssetResponse> {
        let (caller, pieces) = open(request)?;
        self.reconcile(&caller, pieces).await.map(Response::new)
    }
}
