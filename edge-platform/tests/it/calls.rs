//! Calls of every method as values, for tables of what they answer.

use edge_platform::Embedded;
use edge_proto::connector::v1::connector_service_client::ConnectorServiceClient;
use edge_proto::connector::v1::sub_asset::Part;
use edge_proto::connector::v1::{
    AddSubAssetRequest, Asset, DataPoint, DeleteAssetRequest, GetAssetBySnRequest, GetAssetRequest,
    ListAssetsRequest, OpenSessionRequest, ReconcileAssetRequest, RegisterAssetRequest,
    RemoveSubAssetRequest, SubAsset, UpdateAssetRequest,
};
use tokio_stream::iter;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::support::{SN, connector, greenhouse, register};

/// One call.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Register(Option<Asset>),
    Get(String),
    GetBySn(String),
    List(ListAssetsRequest),
    Update(UpdateAssetRequest),
    Delete(String, u64),
    Add(String, Option<SubAsset>),
    Remove(String, u64),
    Open(String),
    Reconcile(Vec<ReconcileAssetRequest>),
}

impl Call {
    pub(crate) async fn send(self, client: &mut ConnectorServiceClient<Channel>) -> Result<(), Status> {
        match self {
            Self::Register(asset) => client.register_asset(RegisterAssetRequest { asset }).await.map(drop),
            Self::Get(id) => client.get_asset(GetAssetRequest { id }).await.map(drop),
            Self::GetBySn(sn) => client.get_asset_by_sn(GetAssetBySnRequest { sn }).await.map(drop),
            Self::List(request) => client.list_assets(request).await.map(drop),
            Self::Update(request) => client.update_asset(request).await.map(drop),
            Self::Delete(id, version) => {
                client.delete_asset(DeleteAssetRequest { id, version }).await.map(drop)
            }
            Self::Add(parent_sn, sub_asset) => {
                client.add_sub_asset(AddSubAssetRequest { parent_sn, sub_asset }).await.map(drop)
            }
            Self::Remove(id, version) => {
                client.remove_sub_asset(RemoveSubAssetRequest { id, version }).await.map(drop)
            }
            Self::Open(sn) => {
                client.open_session(OpenSessionRequest { sn, ..Default::default() }).await.map(drop)
            }
            Self::Reconcile(pieces) => client.reconcile_asset(iter(pieces)).await.map(drop),
        }
    }
}

/// A platform with `GH-1` and its child `GH-1-A`.
pub(crate) struct World {
    pub(crate) platform: Embedded,
    pub(crate) client: ConnectorServiceClient<Channel>,
    pub(crate) registered: Asset,
}

impl World {
    pub(crate) async fn new() -> Self {
        let platform = Embedded::start().await.unwrap();
        register(platform.grpc(), &greenhouse(SN)).await;
        let mut child = greenhouse("GH-1-A");
        child.parent = Some(SN.into());
        register(platform.grpc(), &child).await;
        let mut client = connector(platform.grpc()).await.max_encoding_message_size(usize::MAX);
        let request = GetAssetBySnRequest { sn: SN.into() };
        let registered = client.get_asset_by_sn(request).await.unwrap().into_inner();
        Self { platform, client, registered }
    }

    /// The call is refused with the code, and the store is as it was.
    pub(crate) async fn check(&mut self, call: Call, code: Code) -> Status {
        let shown = format!("{call:.300?}");
        let shown: String = shown.chars().take(300).collect();
        let status = call.send(&mut self.client).await.expect_err(&shown);
        assert_eq!(status.code(), code, "{shown}: {}", status.message());
        assert!(status.message().len() < 1000 && !status.message().is_empty(), "{shown}");
        assert!(!status.message().chars().any(char::is_control), "{shown}");
        let all = self.client.list_assets(ListAssetsRequest::default()).await.unwrap().into_inner();
        assert_eq!(all.assets, std::slice::from_ref(&self.registered), "{shown}");
        status
    }

    /// The call is refused because of that field.
    #[track_caller]
    pub(crate) fn invalid(&mut self, call: Call, field: &str) -> impl Future<Output = ()> {
        let place = std::panic::Location::caller();
        async move {
            let status = self.check(call, Code::InvalidArgument).await;
            let details = status.get_error_details();
            let violations = &details.bad_request().expect("it names fields").field_violations;
            let fields: Vec<_> = violations.iter().map(|violation| violation.field.as_str()).collect();
            assert!(fields.contains(&field), "{place}: `{field}` is not in {fields:?}");
            assert!(status.message().contains(field) || fields.len() > 1, "{place}: {}", status.message());
            assert!(violations.iter().all(|violation| violation.description.len() < 300), "{place}");
        }
    }
}

pub(crate) fn greenhouse_asset(change: impl FnOnce(&mut Asset)) -> Asset {
    let mut asset = Asset::from(&greenhouse("NEW"));
    change(&mut asset);
    asset
}

pub(crate) fn point(asset: &mut Asset, index: usize) -> &mut DataPoint {
    match &mut asset.sub_assets[index].part {
        Some(Part::DataPoint(point)) => point,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn child(device: Asset) -> SubAsset {
    SubAsset { part: Some(Part::Device(device)), ..SubAsset::default() }
}

pub(crate) fn data_point(change: impl FnOnce(&mut DataPoint)) -> SubAsset {
    let mut point = DataPoint::from(&greenhouse(SN).assets[0]);
    point.name = "new".into();
    change(&mut point);
    SubAsset { part: Some(Part::DataPoint(point)), ..SubAsset::default() }
}

pub(crate) fn first_piece(change: impl FnOnce(&mut ReconcileAssetRequest)) -> Call {
    let mut piece = ReconcileAssetRequest { sn: SN.into(), version: 2, ..ReconcileAssetRequest::default() };
    change(&mut piece);
    Call::Reconcile(vec![piece])
}

pub(crate) fn update(asset: Asset, mask: &[&str]) -> Call {
    let update_mask = mask.iter().map(|&field| field.to_owned()).collect();
    Call::Update(UpdateAssetRequest { asset: Some(asset), update_mask })
}

pub(crate) fn named(sn: &str) -> Asset {
    Asset { sn: sn.into(), ..Asset::default() }
}
