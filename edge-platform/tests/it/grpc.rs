//! The Connector: registering, changing, reconciling, sessions.

use edge_platform::Embedded;
use edge_proto::connector::v1::{
    self, Asset, DataPoint, DeviceDescription, GetAssetBySnRequest, GetAssetRequest, OpenSessionRequest,
    ReconcileAssetRequest, UpdateAssetRequest,
};
use edge_proto::{AssetType, Device, digest};
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
    let none = client.get_asset(GetAssetRequest { id: "no-id".into() }).await.unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
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
        asset: Some(Asset { version, ..asset.clone() }),
        update_mask: mask.iter().map(|&field| field.to_owned()).collect(),
    };
    let updated = client.update_asset(request(&["name", "organization_id"], 1)).await.unwrap();
    let updated = updated.into_inner();
    assert_eq!((updated.version, updated.name.as_str(), updated.organization_id.as_str()), (2, "New", "org"));
    assert_eq!((&updated.description, &updated.sub_assets), (&first.description, &first.sub_assets));
    assert_ne!(updated.digest, first.digest);
    // The answer was lost, and the request comes again.
    let again = client.update_asset(request(&["name", "organization_id"], 1)).await.unwrap();
    assert_eq!(again.into_inner(), updated);
    let late = client.update_asset(request(&["name", "description"], 1)).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);
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
    let empty = client.reconcile_asset(iter([reconcile(9)])).await.unwrap().into_inner();
    assert_eq!((empty.version, &empty.digest), (1, &first.digest));

    let mut wanted = greenhouse(SN);
    wanted.title = "New".into();
    wanted.asset_type = AssetType::Dock;
    wanted.vendor = "DJI".into();
    wanted.assets[1].profile.maximum = Some(50.into());
    wanted.assets.pop();
    let pieces = [
        ReconcileAssetRequest {
            upsert: vec![(&wanted.assets[1]).into()],
            device: Some(DeviceDescription {
                name: wanted.title.clone(),
                description: wanted.description.clone(),
                model: wanted.model.clone(),
                r#type: v1::AssetType::Dock.into(),
                vendor: "DJI".into(),
                parent_sn: String::new(),
            }),
            ..reconcile(1)
        },
        ReconcileAssetRequest { delete: vec!["period".into()], ..ReconcileAssetRequest::default() },
    ];
    let done = client.reconcile_asset(iter(pieces.clone())).await.unwrap().into_inner();
    assert_eq!((done.version, &done.digest), (2, &digest::of(&wanted)));
    let again = client.reconcile_asset(iter(pieces.clone())).await.unwrap().into_inner();
    assert_eq!(again, done);
    let [mut late, _] = pieces;
    late.upsert[0].title = "Late".into();
    let late = client.reconcile_asset(iter([late])).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);

    let now = client.get_asset_by_sn(GetAssetBySnRequest { sn: SN.into() }).await.unwrap().into_inner();
    assert_eq!((now.version, Device::try_from(now).unwrap()), (2, wanted));
    platform.close().await;
}

/// Larger than a message may be, in pieces.
#[tokio::test]
async fn a_large_batch_comes_in_pieces_and_is_written_in_one_step() {
    let platform = Embedded::start().await.unwrap();
    register(platform.grpc(), &greenhouse(SN)).await;
    let mut client = connector(platform.grpc()).await;
    let template = DataPoint::from(&greenhouse(SN).assets[0]);
    let piece = |n: usize| ReconcileAssetRequest {
        upsert: (0..1000)
            .map(|m| DataPoint {
                name: format!("a-{n}-{m}"),
                description: "x".repeat(2000),
                ..template.clone()
            })
            .collect(),
        ..ReconcileAssetRequest::default()
    };
    let pieces: Vec<_> = std::iter::once(reconcile(1)).chain((0..10).map(piece)).collect();
    let done = client.reconcile_asset(iter(pieces)).await.unwrap().into_inner();
    assert_eq!(done.version, 2);
    let request = GetAssetBySnRequest { sn: SN.into() };
    let mut client = client.max_decoding_message_size(usize::MAX);
    let asset = client.get_asset_by_sn(request).await.unwrap().into_inner();
    assert_eq!(asset.sub_assets.len(), 10_003);
    platform.close().await;
}

#[tokio::test]
async fn sessions_only_grow() {
    let platform = Embedded::start().await.unwrap();
    let device = register(platform.grpc(), &greenhouse(SN)).await;
    let mut client = connector(platform.grpc()).await;
    for expected in 1..4 {
        let session = client
            .open_session(OpenSessionRequest { sn: SN.into(), ..Default::default() })
            .await
            .unwrap()
            .into_inner();
        assert_eq!((session.session, session.version), (expected, 1));
        assert_eq!((session.id, session.digest), (device.id.clone(), device.digest.clone()));
    }
    let none = client
        .open_session(OpenSessionRequest { sn: "GH-2".into(), ..Default::default() })
        .await
        .unwrap_err();
    assert_eq!(none.code(), Code::NotFound);
    platform.close().await;
}
