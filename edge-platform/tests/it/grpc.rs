//! The Connector: registering, changing, reconciling, sessions; health and reflection.

use edge_platform::Embedded;
use edge_proto::connector::v1::{
    self, Asset, DataPoint, DeviceDescription, GetAssetBySnRequest, GetAssetRequest, OpenSessionRequest,
    ReconcileAssetRequest, RegisterAssetRequest, UpdateAssetRequest,
};
use edge_proto::{Device, digest};
use tokio_stream::iter;
use tonic::Code;

use crate::support::{SN, connector, greenhouse, register};

fn reconcile(version: u64) -> ReconcileAssetRequest {
    ReconcileAssetRequest { sn: SN.into(), version, ..ReconcileAssetRequest::default() }
}

#[tokio::test]
async fn registering_is_idempotent_and_lookups_find_it() {
    let platform = Embedded::start().await.unwrap();
    let first = register(platform.grpc(), &greenhouse(SN)).await;
    let other = Device { title: "Other".into(), ..greenhouse(SN) };
    assert_eq!(register(platform.grpc(), &other).await, first);
    assert_eq!((first.version, &first.digest), (1, &digest::of(&greenhouse(SN))));
    assert_eq!((first.sub_assets[0].id.len(), first.sub_assets[0].parent_sn.as_str()), (24, SN));

    let mut client = connector(platform.grpc()).await;
    let by_id = client.get_asset(GetAssetRequest { id: first.id.clone() }).await.unwrap();
    let by_sn = client.get_asset_by_sn(GetAssetBySnRequest { sn: SN.into() }).await.unwrap();
    assert_eq!((by_id.into_inner(), by_sn.into_inner()), (first.clone(), first.clone()));
    let none = client.get_asset_by_sn(GetAssetBySnRequest { sn: "GH-2".into() }).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    let none = client.get_asset(GetAssetRequest { id: String::new() }).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    platform.close().await;
}

#[tokio::test]
async fn what_breaks_the_rules_is_refused_with_its_field() {
    let platform = Embedded::start().await.unwrap();
    let mut client = connector(platform.grpc()).await;
    let mut check = async |change: fn(&mut Asset), words: &str| {
        let mut asset = Asset::from(&greenhouse(SN));
        change(&mut asset);
        let error = client.register_asset(RegisterAssetRequest { asset: Some(asset) }).await.unwrap_err();
        assert_eq!(error.code(), Code::InvalidArgument, "{error}");
        assert!(error.message().contains(words), "{}", error.message());
    };
    fn point(asset: &mut Asset) -> &mut DataPoint {
        match &mut asset.sub_assets[0].part {
            Some(v1::sub_asset::Part::DataPoint(point)) => point,
            other => panic!("{other:?}"),
        }
    }
    check(|asset| asset.sn = "a/b".into(), "sn: ").await;
    check(|asset| asset.sn.clear(), "sn: ").await;
    check(|asset| point(asset).name = "Vent".into(), "the same when case is ignored").await;
    check(|asset| point(asset).name = "#".into(), "sub_assets: asset `#`").await;
    check(|asset| point(asset).kind = 0, "`temperature`: 0 is no kind").await;
    check(|asset| point(asset).profile = "{}".into(), "missing field `type`").await;
    check(|asset| point(asset).profile = r#"{"type":"number","minimum":2,"maximum":1}"#.into(), "minimum")
        .await;
    let missing = client.register_asset(RegisterAssetRequest { asset: None }).await.unwrap_err();
    assert_eq!((missing.code(), missing.message()), (Code::InvalidArgument, "the field `asset` is missing"));
    platform.close().await;
}

#[tokio::test]
async fn an_update_changes_what_its_mask_names() {
    let platform = Embedded::start().await.unwrap();
    let first = register(platform.grpc(), &greenhouse(SN)).await;
    let mut client = connector(platform.grpc()).await;
    let asset =
        Asset { sn: SN.into(), name: "New".into(), organization_id: "org".into(), ..Asset::default() };
    let request = |mask: &[&str], version| UpdateAssetRequest {
        asset: Some(asset.clone()),
        update_mask: mask.iter().map(|&field| field.to_owned()).collect(),
        version,
    };
    let updated = client.update_asset(request(&["name", "organization_id"], Some(1))).await.unwrap();
    let updated = updated.into_inner();
    assert_eq!((updated.version, updated.name.as_str(), updated.organization_id.as_str()), (2, "New", "org"));
    assert_eq!((&updated.description, &updated.sub_assets), (&first.description, &first.sub_assets));
    assert_ne!(updated.digest, first.digest);
    let late = client.update_asset(request(&["name"], Some(1))).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);
    let typo = client.update_asset(request(&["nam"], None)).await.unwrap_err();
    assert_eq!(typo.code(), Code::InvalidArgument);
    let by_id = Asset { id: first.id.clone(), sn: "ignored".into(), ..asset.clone() };
    let all = UpdateAssetRequest { asset: Some(by_id), ..UpdateAssetRequest::default() };
    let all = client.update_asset(all).await.unwrap().into_inner();
    assert_eq!((all.version, all.sn.as_str(), all.sub_assets.len()), (3, SN, 0));
    platform.close().await;
}

#[tokio::test]
async fn reconciling_writes_all_or_nothing_and_only_against_its_version() {
    let platform = Embedded::start().await.unwrap();
    let first = register(platform.grpc(), &greenhouse(SN)).await;
    let mut client = connector(platform.grpc()).await;
    let empty = client.reconcile_asset(reconcile(1)).await.unwrap().into_inner();
    assert_eq!((empty.version, &empty.digest), (1, &first.digest));

    let mut wanted = greenhouse(SN);
    wanted.title = "New".into();
    wanted.assets[1].profile.maximum = Some(50.into());
    wanted.assets.pop();
    let request = ReconcileAssetRequest {
        upsert: vec![(&wanted.assets[1]).into()],
        delete: vec!["period".into()],
        device: Some(DeviceDescription {
            name: wanted.title.clone(),
            description: wanted.description.clone(),
            model: wanted.model.clone(),
        }),
        ..reconcile(1)
    };
    let done = client.reconcile_asset(request.clone()).await.unwrap().into_inner();
    assert_eq!((done.version, &done.digest), (2, &digest::of(&wanted)));
    let late = client.reconcile_asset(request).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);

    let bad = DataPoint { name: "TEMPERATURE".into(), ..(&wanted.assets[0]).into() };
    let bad = ReconcileAssetRequest { upsert: vec![bad], delete: vec!["vent".into()], ..reconcile(2) };
    assert_eq!(client.reconcile_asset(bad).await.unwrap_err().code(), Code::InvalidArgument);
    let now = client.get_asset_by_sn(GetAssetBySnRequest { sn: SN.into() }).await.unwrap().into_inner();
    assert_eq!((now.version, Device::try_from(now).unwrap()), (2, wanted));
    let none = ReconcileAssetRequest { sn: "GH-2".into(), ..reconcile(1) };
    assert_eq!(client.reconcile_asset(none).await.unwrap_err().code(), Code::NotFound);
    platform.close().await;
}

#[tokio::test]
async fn sessions_only_grow() {
    let platform = Embedded::start().await.unwrap();
    let device = register(platform.grpc(), &greenhouse(SN)).await;
    let mut client = connector(platform.grpc()).await;
    for expected in 1..4 {
        let session = client.open_session(OpenSessionRequest { sn: SN.into() }).await.unwrap().into_inner();
        assert_eq!((session.session, session.version), (expected, 1));
        assert_eq!((session.id, session.digest), (device.id.clone(), device.digest.clone()));
    }
    let none = client.open_session(OpenSessionRequest { sn: "GH-2".into() }).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    platform.close().await;
}

#[tokio::test]
async fn health_and_both_reflections_answer() {
    use tonic_health::pb::health_client::HealthClient;
    use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};

    let platform = Embedded::start().await.unwrap();
    let endpoint = tonic::transport::Endpoint::new(platform.connector_url()).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let mut health = HealthClient::new(channel.clone());
    for service in ["", "edge.connector.v1.ConnectorService"] {
        let reply = health.check(HealthCheckRequest { service: service.into() }).await.unwrap();
        assert_eq!(reply.into_inner().status(), ServingStatus::Serving, "{service:?}");
    }
    macro_rules! list_services {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::server_reflection_client::ServerReflectionClient;
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_request::MessageRequest,
            };
            let mut client = ServerReflectionClient::new(channel.clone());
            let request = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(MessageRequest::ListServices(String::new())),
            };
            let mut replies = client.server_reflection_info(iter([request])).await.unwrap().into_inner();
            format!("{:?}", replies.message().await.unwrap())
        }};
    }
    for services in [list_services!(v1), list_services!(v1alpha)] {
        assert!(services.contains("edge.connector.v1.ConnectorService"), "{services}");
    }
    platform.close().await;
}
